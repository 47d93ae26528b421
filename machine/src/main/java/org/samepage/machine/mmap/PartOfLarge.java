// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.PortedFrom;
import org.samepage.rmap.split.SplitFolio;

/** Advice about a part of a large folio: it is split, so that the advice is for those pages. */
public final class PartOfLarge {
  private final Folios folios;
  private final SplitFolio splitFolio;

  public PartOfLarge(Folios folios, SplitFolio splitFolio) {
    this.folios = folios;
    this.splitFolio = splitFolio;
  }

  /**
   * How many entries from this one on map page after page of one folio, with the same protection.
   * Holds the table's lock.
   *
   * @param page the one that the first entry maps
   * @param end where to stop, in this table
   */
  @PortedFrom({
    "mm/internal.h:folio_pte_batch",
    "mm/internal.h:folio_pte_batch_flags",
    "mm/madvise.c:madvise_folio_pte_batch"
  })
  int folioPteBatch(int page, PageTable ptes, long addr, long end) {
    int folio = folios.pageFolio(page);
    long most = Math.min((end - addr) / PAGE_SIZE, folio + folios.folioNrPages(folio) - page);
    long expected = pteBatchClearIgnoredRaw(ptes.get(pteIndex(addr)));
    int nr = 0;
    while (nr < most
        && pteBatchClearIgnoredRaw(ptes.get(pteIndex(addr) + nr))
            == Pte.pteAdvancePfn(expected, nr)) {
      nr++;
    }
    return nr;
  }

  @PortedFrom("mm/internal.h:__pte_batch_clear_ignored")
  private static long pteBatchClearIgnoredRaw(long pte) {
    return Pte.pteMkold(Pte.pteWrprotect(Pte.pteMkclean(pte))) & ~Pte.SOFT_DIRTY;
  }

  /** What is done with one entry, or with those of a whole large folio. Holds the table's lock. */
  @FunctionalInterface
  interface Entries {
    /**
     * Takes them.
     *
     * @return how many they were, or what {@link #splitFirst} says
     */
    int take(PageTable ptes, long addr, long end);
  }

  /** Takes a table's entries, as far as there is one, and splits what has to be split. */
  void forEach(PageTable table, int index, long start, long end, Entries entries) {
    PageTable ptes = PgTables.pteOffsetMapLock(table, index);
    for (long addr = start; ptes != null && addr < end; ) {
      int nr = entries.take(ptes, addr, end);
      if (nr < 0) {
        ptes.ptl.unlock();
        nr = splitAndLetGo(~nr) ? 0 : 1;
        ptes = PgTables.pteOffsetMapLock(table, index);
      }
      addr += nr * PAGE_SIZE;
    }
    if (ptes != null) {
      ptes.ptl.unlock();
    }
  }

  /**
   * Whether a page is of a large folio that this range, or this table, has not all of.
   *
   * @param page the one that the first entry maps
   */
  boolean isPart(int page, PageTable ptes, long addr, long end) {
    int nr = folios.folioNrPages(folios.pageFolio(page));
    return nr > 1 && folioPteBatch(page, ptes, addr, end) < nr;
  }

  /** For {@link Entries}: to split this folio before anything is done; 1 where nobody may. */
  int splitFirst(int folio) {
    return takeToSplit(folio) ? ~folio : 1;
  }

  /** Gets hold of a large folio that nobody else maps: locked, with a reference. */
  private boolean takeToSplit(int folio) {
    if (folios.folioMaybeMappedShared(folio) || !folios.folioTrylock(folio)) {
      return false;
    }
    folios.folioGet(folio);
    return true;
  }

  /** Splits a folio that was taken; whether that worked. */
  boolean splitAndLetGo(int folio) {
    boolean split = splitFolio.splitFolio(folio) == 0;
    folios.folioUnlock(folio);
    folios.folioPut(folio);
    return split;
  }
}
