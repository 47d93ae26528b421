// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vmscan.c.
package org.samepage.machine.swap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.rmap.unmap.TtuFlags.TTU_BATCH_FLUSH;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SPLIT_HUGE_PMD;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SYNC;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.FolioWalk;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.split.SplitFolio;
import org.samepage.rmap.unmap.TryToUnmap;

/** Swaps folios out. */
public final class Reclaim {
  private final Sched sched;
  private final Folios folios;

  /** One for each thread: several may be at it at a time. */
  private final ThreadLocal<FolioWalk> folioWalks;

  private final AnonRmap rmap;
  private final TryToUnmap unmap;
  private final SwapDevice swap;
  private final SplitFolio splitFolio;

  /** A reclaimer. */
  public Reclaim(
      Sched sched,
      Folios folios,
      Supplier<FolioWalk> folioWalks,
      AnonRmap rmap,
      TryToUnmap unmap,
      SwapDevice swap,
      SplitFolio splitFolio) {
    this.sched = sched;
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
      int err = folio >= 0 ? reclaim(folio) : folio == BUSY ? -Errno.EBUSY : 0;
      if (err != 0) {
        return err;
      }
    }
    return 0;
  }

  private int reclaim(int folio) {
    folios.frames().clearFlag(folio, PageFlags.PG_REFERENCED);
    return reclaimPages(List.of(folio));
  }

  private static final int BUSY = -2;

  /** Takes a page aside; a large folio is split for it, whoever else maps that. */
  private int isolate(Mm mm, long addr) {
    int folio = folioAt(mm, addr);
    if (folio != Frames.NO_PAGE && folios.folioTestLarge(folio)) {
      boolean split = split(folio);
      folios.folioPut(folio);
      folio = split ? folioAt(mm, addr) : BUSY;
    }
    if (folio < 0) {
      return folio;
    }
    boolean isolated = !folios.folioTestUnevictable(folio) && folios.folioIsolateLru(folio);
    folios.folioPut(folio);
    return isolated ? folio : BUSY;
  }

  /** The folio of a page that is there, with a reference. */
  private int folioAt(Mm mm, long addr) {
    mm.mmapLock.readLock();
    VmArea vma = mm.vmas.vmaLookup(addr);
    int folio = vma == null ? Frames.NO_PAGE : folioWalks.get().folioWalkStart(vma, addr, 0);
    if (folio != Frames.NO_PAGE) {
      folios.folioGet(folio);
      folioWalks.get().folioWalkEnd();
    }
    mm.mmapLock.readUnlock();
    return folio;
  }

  private boolean split(int folio) {
    if (folios.folioTestUnevictable(folio)) {
      return false;
    }
    folios.folioLock(folio);
    boolean split = !folios.folioTestLarge(folio) || splitFolio.splitFolio(folio) == 0;
    folios.folioUnlock(folio);
    return split;
  }

  /**
   * Swaps folios out, or frees them where they were given away; those that cannot go stay.
   *
   * @param list isolated folios; all are let go of
   * @return 0, or why the last one stayed that did: {@code -EBUSY}, {@code -ENOSPC}
   */
  @PortedFrom(
      value = "mm/vmscan.c:reclaim_pages",
      fidelity = Fidelity.ADAPTED,
      differs = "says why, not how many; all nodes' at once")
  public int reclaimPages(List<Integer> list) {
    Deque<Integer> folioList = new ArrayDeque<>(list.size());
    for (int folio : list) {
      folios.frames().clearFlag(folio, PageFlags.PG_ACTIVE);
      folioList.addFirst(folio); // the last one is next
    }
    return shrinkFolioList(folioList);
  }

  /** Where a folio leaves the middle of {@code shrink_folio_list}, by the names of its labels. */
  private enum Label {
    FREE_IT,
    /** Somebody else has its lock: it is put back as it is. */
    KEEP,
    /** It is put back as it is. */
    KEEP_LOCKED,
    /** It is not one to be swapped: it gives up its slot, and is active. */
    ACTIVATE_LOCKED,
    /** The same, as there was no slot for it. */
    ACTIVATE_LOCKED_SPLIT
  }

  @PortedFrom(
      value = {"mm/vmscan.c:shrink_folio_list", "mm/vmscan.c:reclaim_folio_list"},
      fidelity = Fidelity.SIMPLIFIED,
      differs =
          "anonymous folios; used or not makes no difference, as reclaim_pages has it; each is"
              + " freed or put back before the next one; no demotion, writeback that takes time,"
              + " memcg")
  private int shrinkFolioList(Deque<Integer> folioList) {
    int err = 0;
    while (!folioList.isEmpty()) {
      sched.condResched();
      int folio = folioList.removeLast();
      Label label = shrink(folio, folioList);
      switch (label) {
        case FREE_IT -> {
          folios.folioUnlock(folio);
          folios.freeUnrefFolios(folio);
          continue;
        }
        case ACTIVATE_LOCKED, ACTIVATE_LOCKED_SPLIT -> {
          activate(folio);
          folios.folioUnlock(folio);
        }
        case KEEP_LOCKED -> folios.folioUnlock(folio);
        case KEEP -> {}
      }
      if (folios.folioRefCount(folio) > 1) { // else it goes now
        err = label == Label.ACTIVATE_LOCKED_SPLIT ? -Errno.ENOSPC : -Errno.EBUSY;
      }
      folios.folioPutbackLru(folio);
    }
    return err;
  }

  @PortedFrom(value = "mm/vmscan.c:shrink_folio_list", part = true)
  private void activate(int folio) {
    if (folios.folioTestSwapcache(folio) && (swap.vmSwapFull() || folios.folioTestMlocked(folio))) {
      var _ = swap.folioFreeSwap(folio);
    }
    if (!folios.folioTestMlocked(folio)) {
      folios.frames().setFlag(folio, PageFlags.PG_ACTIVE);
    }
  }

  /** Takes a folio off its users; what it returns says what is left to do. */
  @PortedFrom(value = "mm/vmscan.c:shrink_folio_list", part = true)
  private Label shrink(int folio, Deque<Integer> folioList) {
    if (!folios.folioTrylock(folio)) {
      return Label.KEEP;
    }
    if (!folios.folioEvictable(folio)) {
      return Label.ACTIVATE_LOCKED;
    }
    if (!folios.folioTestAnon(folio)) {
      return Label.KEEP_LOCKED;
    }
    if (folios.folioTestSwapbacked(folio) && !folios.folioTestSwapcache(folio)) {
      Label without = allocSwap(folio, folioList);
      if (without != null) {
        return without;
      }
    }
    if (folios.folioMapped(folio)) {
      boolean large = folios.folioTestLarge(folio);
      unmap.tryToUnmap(folio, TTU_BATCH_FLUSH | (large ? TTU_SPLIT_HUGE_PMD | TTU_SYNC : 0));
      if (folios.folioMapped(folio)) {
        return Label.ACTIVATE_LOCKED;
      }
    }
    if (rmap.folioMaybeDmaPinned(folio)) {
      return Label.ACTIVATE_LOCKED;
    }
    if (folios.folioTestDirty(folio)) {
      Label kept = folios.folioTestSwapbacked(folio) ? pageout(folio) : Label.ACTIVATE_LOCKED;
      if (kept != null) {
        return kept;
      }
    }
    if (folios.folioTestLazyfree(folio)) {
      return folios.folioRefFreeze(folio, 1) ? Label.FREE_IT : Label.KEEP_LOCKED;
    }
    return folios.folioTestSwapcache(folio) && removeMappingRaw(folio)
        ? Label.FREE_IT
        : Label.KEEP_LOCKED;
  }

  /**
   * Gives a folio a slot. A large one is split first: what it had is in its first page's place, and
   * in the list.
   *
   * @return null where it has one, and is dirty
   */
  @PortedFrom(
      value = "mm/vmscan.c:shrink_folio_list",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "a large folio is never swapped out as a whole, as where swap is in pieces")
  private @Nullable Label allocSwap(int folio, Deque<Integer> folioList) {
    if (rmap.folioMaybeDmaPinned(folio)) {
      return Label.KEEP_LOCKED;
    }
    if (folios.folioTestLarge(folio)) {
      boolean inUse = folios.folioMapcount(folio) != folios.folioRefCount(folio) - 1;
      if (inUse || splitFolio.splitFolioToList(folio, folioList) != 0) {
        return Label.ACTIVATE_LOCKED;
      }
    }
    if (swap.folioAllocSwap(folio) != 0) {
      return Label.ACTIVATE_LOCKED_SPLIT;
    }
    folios.folioMarkDirty(folio);
    return null;
  }

  /**
   * Writes a folio to its slot; not where somebody else has a reference, and might write to it. The
   * folio is not locked meanwhile.
   *
   * @return null where it was written, or need not be, and is locked
   */
  @PortedFrom(
      value = "mm/vmscan.c:pageout",
      fidelity = Fidelity.ADAPTED,
      differs = "the swap cache, written at once; locks the folio again, as its caller does")
  private @Nullable Label pageout(int folio) {
    if (folios.folioRefCount(folio) != 2 || !folios.folioTestSwapcache(folio)) {
      return Label.KEEP_LOCKED;
    }
    if (!folios.folioClearDirtyForIo(folio)) {
      return null;
    }
    swap.swapWriteout(folio);
    folios.folioUnlock(folio);
    if (folios.folioTestDirty(folio) || !folios.folioTrylock(folio)) {
      return Label.KEEP;
    }
    return folios.folioTestDirty(folio) ? Label.KEEP_LOCKED : null;
  }

  /** Takes a folio out of the swap cache, if nobody else has a reference, and freezes it. */
  @PortedFrom(
      value = "mm/vmscan.c:__remove_mapping",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the swap cache alone; no shadow entries")
  private boolean removeMappingRaw(int folio) {
    if (!folios.folioRefFreeze(folio, 2)) {
      return false;
    }
    if (folios.folioTestDirty(folio)) {
      folios.folioRefUnfreeze(folio, 2);
      return false;
    }
    swap.deleteFromSwapCacheRaw(folio);
    return true;
  }
}
