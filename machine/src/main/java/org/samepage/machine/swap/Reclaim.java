// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vmscan.c.
package org.samepage.machine.swap;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.rmap.unmap.TtuFlags.TTU_BATCH_FLUSH;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SPLIT_HUGE_PMD;

import java.util.List;
import java.util.function.Supplier;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.FolioWalk;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.split.SplitFolio;
import org.samepage.rmap.unmap.TryToUnmap;

/** Swaps folios out, one at a time. */
public final class Reclaim {
  private final Folios folios;

  /** One for each thread: several may be at it at a time. */
  private final ThreadLocal<FolioWalk> folioWalks;

  private final AnonRmap rmap;
  private final TryToUnmap unmap;
  private final SwapDevice swap;
  private final SplitFolio splitFolio;

  /** A reclaimer. */
  public Reclaim(
      Folios folios,
      Supplier<FolioWalk> folioWalks,
      AnonRmap rmap,
      TryToUnmap unmap,
      SwapDevice swap,
      SplitFolio splitFolio) {
    this.splitFolio = splitFolio;
    this.folios = folios;
    this.folioWalks = ThreadLocal.withInitial(folioWalks);
    this.rmap = rmap;
    this.unmap = unmap;
    this.swap = swap;
  }

  /**
   * Swaps out what is mapped in a range; pages that are not there, and the zero page, are passed
   * over. Whoever shares such a page loses it too.
   *
   * @return 0; {@code -EBUSY} where a page could not go (locked in memory, in use by somebody else,
   *     a file's), {@code -ENOSPC} where no slot was left; the pages before it are gone then
   */
  @PortedFrom(
      value = "mm/madvise.c:madvise_cold_or_pageout_pte_range",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "pages that several mappings share go too, as under memory pressure")
  public int swapOut(Mm mm, long start, long end) {
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int folio = isolate(mm, addr);
      if (folio >= 0) {
        int err = shrinkFolioList(folio);
        if (err != 0) {
          return err;
        }
      } else if (folio == BUSY) {
        return -Errno.EBUSY;
      }
    }
    return 0;
  }

  /**
   * Swaps folios out, or frees them where they were given away; those that cannot go stay.
   *
   * @param list isolated folios; all are let go of
   */
  @PortedFrom(
      value = "mm/vmscan.c:reclaim_pages",
      fidelity = Fidelity.ADAPTED,
      differs = "one after the other")
  public void reclaimPages(List<Integer> list) {
    for (int folio : list) {
      var _ = shrinkFolioList(folio);
    }
  }

  private static final int BUSY = -2;

  private int isolate(Mm mm, long addr) {
    mm.mmapLock.readLock();
    try {
      VmArea vma = mm.vmas.vmaLookup(addr);
      int folio = vma == null ? Frames.NO_PAGE : folioWalks.get().folioWalkStart(vma, addr, 0);
      if (folio == Frames.NO_PAGE) {
        return folio;
      }
      boolean isolated = folios.folioIsolateLru(folio);
      folioWalks.get().folioWalkEnd();
      return isolated ? folio : BUSY;
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  /**
   * Swaps one folio out, or gives it back.
   *
   * @param folio isolated
   */
  @PortedFrom(
      value = {"mm/vmscan.c:shrink_folio_list", "mm/vmscan.c:reclaim_folio_list"},
      fidelity = Fidelity.SIMPLIFIED,
      differs =
          "one anonymous folio; used or not makes no difference; a large one is always swapped out"
              + " page by page, as where swap is in pieces")
  private int shrinkFolioList(int folio) {
    if (!folios.folioTrylock(folio)) {
      folios.folioPutbackLru(folio);
      return -Errno.EBUSY;
    }
    if (folios.folioTestLarge(folio) && folios.folioTestSwapbacked(folio)) {
      return shrinkLarge(folio);
    }
    return shrinkLocked(folio);
  }

  /** Splits a large folio and swaps its pages out; returns 0 or the last error. */
  @PortedFrom(value = "mm/vmscan.c:shrink_folio_list", part = true)
  private int shrinkLarge(int folio) {
    Frames frames = folios.frames();
    frames.clearFlag(folio, PageFlags.PG_ISOLATED);
    FolioMapping mapping = frames.mapping(folio);
    long index = frames.index(folio);
    // the split lets go of all pages but the first: others may have become somebody else's
    if (splitFolio.splitFolio(folio) != 0) {
      frames.setFlag(folio, PageFlags.PG_ACTIVE);
      folios.folioUnlock(folio);
      folios.folioPut(folio);
      return -Errno.EBUSY;
    }
    folios.folioUnlock(folio);
    int err = 0;
    for (int page = folio; page < folio + HPAGE_PMD_NR; page++) {
      if (page != folio && !folios.folioTryGet(page)) {
        continue;
      }
      boolean still =
          frames.mapping(page) == mapping
              && frames.index(page) == index + page - folio
              && folios.folioMapped(page)
              && folios.folioIsolateLru(page);
      folios.folioPut(page);
      int pageErr = still ? shrinkFolioList(page) : 0;
      err = pageErr == 0 ? err : pageErr;
    }
    return err;
  }

  private int shrinkLocked(int folio) {
    int err = shrink(folio);
    if (err != 0) {
      folios.frames().setFlag(folio, PageFlags.PG_ACTIVE);
      if (swap.vmSwapFull()) {
        var _ = swap.folioFreeSwap(folio);
      }
      folios.folioUnlock(folio);
      folios.folioPutbackLru(folio);
    }
    return err;
  }

  /** Returns 0 with the folio freed, or why it is kept. */
  private int shrink(int folio) {
    if (!folios.folioTestAnon(folio)) {
      return -Errno.EBUSY;
    }
    if (folios.folioTestSwapbacked(folio) && !folios.folioTestSwapcache(folio)) {
      if (rmap.folioMaybeDmaPinned(folio)) {
        return -Errno.EBUSY;
      }
      if (swap.folioAllocSwap(folio) != 0) {
        return -Errno.ENOSPC;
      }
      folios.folioMarkDirty(folio);
    }
    if (folios.folioMapped(folio)) {
      boolean large = folios.folioTestLarge(folio);
      unmap.tryToUnmap(folio, TTU_BATCH_FLUSH | (large ? TTU_SPLIT_HUGE_PMD : 0));
      if (folios.folioMapped(folio)) {
        return -Errno.EBUSY;
      }
    }
    if (folios.folioTestDirty(folio) && folios.folioTestSwapcache(folio) && !pageout(folio)) {
      return -Errno.EBUSY;
    }
    return removeMappingRaw(folio) ? 0 : -Errno.EBUSY;
  }

  /** Writes a folio to its slot; not where somebody else has a reference, and might write to it. */
  @PortedFrom(
      value = {"mm/vmscan.c:pageout", "mm/vmscan.c:is_page_cache_freeable"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the swap cache; at once")
  private boolean pageout(int folio) {
    if (folios.folioRefCount(folio) != 2) {
      return false;
    }
    if (folios.folioClearDirtyForIo(folio)) {
      swap.swapWriteout(folio);
    }
    return true;
  }

  /** Takes the folio out of the swap cache and frees it, if nobody else has a reference. */
  @PortedFrom(
      value = "mm/vmscan.c:__remove_mapping",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the swap cache, or a lazily freed folio; frees it too")
  private boolean removeMappingRaw(int folio) {
    boolean cached = folios.folioTestSwapcache(folio);
    int refcount = cached ? 2 : 1;
    if (!folios.folioRefFreeze(folio, refcount)) {
      return false;
    }
    if (folios.folioTestDirty(folio)) {
      folios.folioRefUnfreeze(folio, refcount);
      return false;
    }
    if (cached) {
      swap.deleteFromSwapCacheRaw(folio);
    }
    folios.folioUnlock(folio);
    folios.freeUnrefFolios(folio);
    return true;
  }
}
