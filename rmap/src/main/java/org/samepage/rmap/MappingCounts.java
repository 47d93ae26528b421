// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c.
package org.samepage.rmap;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;

import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * The counts of a folio's mappings: of one page one, of a large folio one for each page, one for
 * huge entries, the sum of both, and how many pages have any.
 */
final class MappingCounts {
  /** In {@code _nr_pages_mapped}: huge entries map all pages. */
  static final int ENTIRELY_MAPPED = 0x800000;

  private static final int FOLIO_PAGES_MAPPED = ENTIRELY_MAPPED - 1;

  private final Folios folios;
  private final Frames frames;
  private final LargeMapcount largeMapcount;

  MappingCounts(Folios folios) {
    this.folios = folios;
    this.frames = folios.frames();
    this.largeMapcount = new LargeMapcount(frames);
  }

  /** The first mapping of a new folio: a large one's by a huge entry. */
  @PortedFrom(value = "mm/rmap.c:folio_add_new_anon_rmap", part = true)
  void first(int folio, VmArea vma) {
    if (!folios.folioTestLarge(folio)) {
      frames.setMapcountRaw(folio, 0);
      return;
    }
    frames.setEntireMapcountRaw(folio, 0);
    largeMapcount.folioSetLargeMapcount(folio, 1, vma);
    frames.setNrPagesMapped(folio, ENTIRELY_MAPPED);
  }

  /**
   * More mappings of pages in a row.
   *
   * @return whether one of them had mappings of its own before
   */
  @PortedFrom(
      value = "mm/rmap.c:__folio_add_rmap",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "RMAP_LEVEL_PTE; no statistics")
  boolean addPtes(int folio, int page, int nrPages, VmArea vma) {
    int first = 0;
    for (int i = page; i < page + nrPages; i++) {
      first += frames.addMapcountRaw(i, 1) == 0 ? 1 : 0;
    }
    if (folios.folioTestLarge(folio)) {
      frames.addNrPagesMapped(folio, first);
      largeMapcount.folioAddReturnLargeMapcount(folio, nrPages, vma);
    }
    return first != nrPages;
  }

  /** One more mapping by a huge entry. */
  @PortedFrom(
      value = "mm/rmap.c:__folio_add_rmap",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "RMAP_LEVEL_PMD; no statistics")
  void addPmd(int folio, VmArea vma) {
    if (frames.addEntireMapcountRaw(folio, 1) == 0) {
      frames.addNrPagesMapped(folio, ENTIRELY_MAPPED);
    }
    largeMapcount.folioAddReturnLargeMapcount(folio, 1, vma);
  }

  /** Mappings less of pages in a row; a folio of which a part stays is queued to be split. */
  @PortedFrom(
      value = "mm/rmap.c:__folio_remove_rmap",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "RMAP_LEVEL_PTE; no statistics")
  void removePtes(int folio, int page, int nrPages, VmArea vma) {
    boolean large = folios.folioTestLarge(folio);
    if (large) {
      largeMapcount.folioSubReturnLargeMapcount(folio, nrPages, vma);
    }
    int last = 0;
    for (int i = page; i < page + nrPages; i++) {
      int left = frames.addMapcountRaw(i, -1);
      last += left < 0 ? 1 : 0;
      if (left < -1) {
        throw new IllegalStateException("pfn " + i + " was unmapped once too often");
      }
    }
    if (large && last > 0) {
      int mapped = frames.addNrPagesMapped(folio, -last);
      if (mapped > 0 && mapped < ENTIRELY_MAPPED) {
        deferSplit(folio);
      }
    }
  }

  /** One mapping by a huge entry less. */
  @PortedFrom(
      value = "mm/rmap.c:__folio_remove_rmap",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "RMAP_LEVEL_PMD; no statistics")
  void removePmd(int folio, VmArea vma) {
    largeMapcount.folioSubReturnLargeMapcount(folio, 1, vma);
    int left = frames.addEntireMapcountRaw(folio, -1);
    if (left < -1) {
      throw new IllegalStateException("pfn " + folio + " was unmapped once too often");
    }
    if (left < 0) {
      int mapped = frames.addNrPagesMapped(folio, -ENTIRELY_MAPPED) & FOLIO_PAGES_MAPPED;
      if (mapped > 0 && mapped < HPAGE_PMD_NR) {
        deferSplit(folio);
      }
    }
  }

  private void deferSplit(int folio) {
    if (folios.folioTestAnon(folio) && !folios.deferredSplit().folioTestPartiallyMapped(folio)) {
      folios.deferredSplit().deferredSplitFolio(folio);
    }
  }
}
