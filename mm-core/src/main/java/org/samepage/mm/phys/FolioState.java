// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/{mm,page-flags}.h, mm/swap.c and mm/page-writeback.c.
package org.samepage.mm.phys;

import static org.samepage.mm.phys.FolioMapping.FOLIO_MAPPING_ANON;
import static org.samepage.mm.phys.FolioMapping.FOLIO_MAPPING_KSM;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** What a folio is, and who maps it, as its rows say. */
public abstract sealed class FolioState permits Folios {
  final Frames frames;

  FolioState(Frames frames) {
    this.frames = frames;
  }

  public Frames frames() {
    return frames;
  }

  // Pages and folios

  @PortedFrom("include/linux/page-flags.h:page_folio")
  public int pageFolio(int page) {
    return frames.compoundHead(page);
  }

  @PortedFrom("include/linux/page-flags.h:folio_test_large")
  public boolean folioTestLarge(int folio) {
    return frames.testFlag(folio, PageFlags.PG_HEAD);
  }

  @PortedFrom("include/linux/mm.h:folio_nr_pages")
  public int folioNrPages(int folio) {
    return folioTestLarge(folio) ? HPAGE_PMD_NR : 1;
  }

  // Flags and mapping

  @PortedFrom("include/linux/page-flags.h:folio_test_anon")
  public boolean folioTestAnon(int pfn) {
    return (frames.mappingTag(pfn) & FOLIO_MAPPING_ANON) != 0;
  }

  @PortedFrom("include/linux/page-flags.h:folio_test_ksm")
  public boolean folioTestKsm(int pfn) {
    return frames.mappingTag(pfn) == FOLIO_MAPPING_KSM;
  }

  /** The mapping, whatever its kind. */
  @PortedFrom("mm/internal.h:folio_raw_mapping")
  public @Nullable FolioMapping folioRawMapping(int pfn) {
    return frames.mapping(pfn);
  }

  @PortedFrom("include/linux/mm.h:folio_mapcount")
  public int folioMapcount(int folio) {
    return folioTestLarge(folio)
        ? frames.largeMapcountRaw(folio) + 1
        : frames.mapcountRaw(folio) + 1;
  }

  @PortedFrom("include/linux/mm.h:folio_entire_mapcount")
  public int folioEntireMapcount(int folio) {
    return frames.entireMapcountRaw(folio) + 1;
  }

  /** Mappings of one page, by entries of its own and by huge ones: what /proc shows. */
  @PortedFrom("fs/proc/internal.h:folio_precise_page_mapcount")
  public int folioPrecisePageMapcount(int folio, int page) {
    int own = frames.mapcountRaw(page) + 1;
    return folioTestLarge(folio) ? own + folioEntireMapcount(folio) : own;
  }

  @PortedFrom("include/linux/mm.h:folio_mapped")
  public boolean folioMapped(int pfn) {
    return folioMapcount(pfn) >= 1;
  }

  /**
   * Whether a folio may be mapped by more than one address space: exact for one page, and a large
   * one may be said to be shared when it no longer is.
   */
  @PortedFrom("include/linux/mm.h:folio_maybe_mapped_shared")
  public boolean folioMaybeMappedShared(int folio) {
    int mapcount = folioMapcount(folio);
    if (!folioTestLarge(folio)) {
      return mapcount > 1;
    }
    return mapcount > 1 && (frames.mmIds(folio) & Frames.MM_IDS_SHARED) != 0;
  }

  @PortedFrom("include/linux/page-flags.h:PageAnonExclusive")
  public boolean pageAnonExclusive(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_ANON_EXCLUSIVE);
  }

  @PortedFrom("include/linux/page-flags.h:SetPageAnonExclusive")
  public void setPageAnonExclusive(int pfn) {
    frames.setFlag(pfn, PageFlags.PG_ANON_EXCLUSIVE);
  }

  @PortedFrom("include/linux/page-flags.h:ClearPageAnonExclusive")
  public void clearPageAnonExclusive(int pfn) {
    frames.clearFlag(pfn, PageFlags.PG_ANON_EXCLUSIVE);
  }

  public boolean folioTestSwapcache(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_SWAPCACHE);
  }

  public boolean folioTestDirty(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_DIRTY);
  }

  public boolean folioTestSwapbacked(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_SWAPBACKED);
  }

  /** Whether an anonymous folio was given away by MADV_FREE: it goes without a trace. */
  @PortedFrom("include/linux/mm_inline.h:folio_test_lazyfree")
  public boolean folioTestLazyfree(int pfn) {
    return folioTestAnon(pfn) && !folioTestSwapbacked(pfn);
  }

  public boolean folioTestUnevictable(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_UNEVICTABLE);
  }

  public boolean folioTestMlocked(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_MLOCKED);
  }

  /** Whether a folio may be reclaimed: no VMA has it locked in memory. */
  @PortedFrom(
      value = "mm/internal.h:folio_evictable",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no mapping is unevictable")
  public boolean folioEvictable(int pfn) {
    return !folioTestMlocked(pfn);
  }

  public boolean folioTestUptodate(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_UPTODATE);
  }

  @PortedFrom(
      value = "mm/page-writeback.c:folio_clear_dirty_for_io",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous folios: the flag alone")
  public boolean folioClearDirtyForIo(int pfn) {
    boolean dirty = folioTestDirty(pfn);
    frames.clearFlag(pfn, PageFlags.PG_DIRTY);
    return dirty;
  }

  @PortedFrom(
      value = "mm/page-writeback.c:folio_mark_dirty",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous folios: the flag alone")
  public void folioMarkDirty(int pfn) {
    frames.setFlag(pfn, PageFlags.PG_DIRTY);
  }

  @PortedFrom(
      value = "mm/swap.c:folio_mark_accessed",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the flags alone: there are no lists and batches of CPUs")
  public void folioMarkAccessed(int pfn) {
    if (!frames.testAndSetFlag(pfn, PageFlags.PG_REFERENCED)) {
      return;
    }
    if (folioTestUnevictable(pfn)) {
      return; // its place is not by use
    }
    if (!frames.testAndSetFlag(pfn, PageFlags.PG_ACTIVE)) {
      frames.clearFlag(pfn, PageFlags.PG_REFERENCED);
    }
  }
}
