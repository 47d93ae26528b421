// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vmscan.c.
package org.samepage.machine.swap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.rmap.unmap.TtuFlags.TTU_BATCH_FLUSH;

import java.util.function.Supplier;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.FolioWalk;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.unmap.TryToUnmap;

/** Swaps folios out, one at a time. */
public final class Reclaim {
  private final Folios folios;

  /** One for each thread: several may be at it at a time. */
  private final ThreadLocal<FolioWalk> folioWalks;

  private final AnonRmap rmap;
  private final TryToUnmap unmap;
  private final SwapDevice swap;

  /** A reclaimer. */
  public Reclaim(
      Folios folios,
      Supplier<FolioWalk> folioWalks,
      AnonRmap rmap,
      TryToUnmap unmap,
      SwapDevice swap) {
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
      differs = "one anonymous folio of one page; used or not makes no difference")
  private int shrinkFolioList(int folio) {
    if (!folios.folioTrylock(folio)) {
      folios.folioPutbackLru(folio);
      return -Errno.EBUSY;
    }
    int err = shrink(folio);
    if (err != 0) {
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
      unmap.tryToUnmap(folio, TTU_BATCH_FLUSH);
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
