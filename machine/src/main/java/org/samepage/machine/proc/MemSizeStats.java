// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** What a VMA has in memory [bytes]; shares of a page are fixed-point numbers. */
@PortedFrom(
    value = "fs/proc/task_mmu.c:mem_size_stats",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "no huge pages of files")
final class MemSizeStats {
  /** Bits behind the point of the proportional sizes. */
  static final int PSS_SHIFT = 12;

  long resident;
  long sharedClean;
  long sharedDirty;
  long privateClean;
  long privateDirty;
  long referenced;
  long anonymous;
  long anonymousThp;
  long lazyfree;
  long ksm;
  long pss;
  long pssDirty;
  long pssLocked;
  long swap;
  long swapPss;

  void clear() {
    resident = 0;
    sharedClean = 0;
    sharedDirty = 0;
    privateClean = 0;
    privateDirty = 0;
    referenced = 0;
    anonymous = 0;
    anonymousThp = 0;
    lazyfree = 0;
    ksm = 0;
    pss = 0;
    pssDirty = 0;
    pssLocked = 0;
    swap = 0;
    swapPss = 0;
  }

  /**
   * Counts one word that stands for a swapped page.
   *
   * @param words all words that stand for it
   */
  @PortedFrom(value = "fs/proc/task_mmu.c:smaps_pte_entry", part = true)
  void smapsSwapped(int words) {
    swap += PAGE_SIZE;
    swapPss += (PAGE_SIZE << PSS_SHIFT) / Math.max(1, words);
  }

  /**
   * Counts one mapping of a page, or of pages in a row.
   *
   * @param nr how many: all of a large folio that a huge entry maps, else 1
   * @param locked whether its VMA is locked in memory
   */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:smaps_account",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "present entries")
  void smapsAccount(Folios folios, int page, int nr, boolean young, boolean dirty, boolean locked) {
    int folio = folios.pageFolio(page);
    long size = nr * PAGE_SIZE;
    if (folios.folioTestAnon(folio)) {
      anonymous += size;
      if (!folios.frames().testFlag(folio, PageFlags.PG_SWAPBACKED)
          && !dirty
          && !folios.folioTestDirty(folio)) {
        lazyfree += size;
      }
    }
    if (folios.folioTestKsm(folio)) {
      ksm += size;
    }
    resident += size;
    if (young || folios.frames().testFlag(folio, PageFlags.PG_REFERENCED)) {
      referenced += size;
    }
    boolean dirtyNow = dirty || folios.folioTestDirty(folio);
    if (folios.folioRefCount(folio) == 1) { // this mapping has it
      smapsPageAccumulate(size, size << PSS_SHIFT, dirtyNow, locked, true);
      return;
    }
    long whole = PAGE_SIZE << PSS_SHIFT;
    for (int i = page; i < page + nr; i++) {
      int mapcount = folios.folioPrecisePageMapcount(folio, i);
      long share = mapcount >= 2 ? whole / mapcount : whole;
      smapsPageAccumulate(PAGE_SIZE, share, dirtyNow, locked, mapcount < 2);
    }
  }

  @PortedFrom(
      value = "fs/proc/task_mmu.c:smaps_page_accumulate",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no sums by kind of page, which smaps_rollup alone shows")
  private void smapsPageAccumulate(
      long size, long share, boolean dirty, boolean locked, boolean exclusive) {
    pss += share;
    if (locked) {
      pssLocked += share;
    }
    if (dirty) {
      pssDirty += share;
      if (exclusive) {
        privateDirty += size;
      } else {
        sharedDirty += size;
      }
    } else if (exclusive) {
      privateClean += size;
    } else {
      sharedClean += size;
    }
  }
}
