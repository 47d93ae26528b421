// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/swapfile.c, mm/swap_state.c and mm/page_io.c.
package org.samepage.mm.swap;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;

/**
 * The machine's swap device and its swap cache.
 *
 * <p>An <em>entry</em> is a swap word without flags, whose offset is the slot.
 */
@PortedFrom(
    value = "include/linux/swap.h:swap_info_struct",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "one device, of type 0; counts are ints and cannot run out; no clusters")
public final class SwapDevice {
  private static final int TYPE = 0;

  private final Folios folios;
  private final Frames frames;
  private final SwapStore store;
  private final KernelLock lock;
  private final SwapSlots slots;

  /**
   * A device with nothing on it.
   *
   * @param pages its size, the header's page included; 0 for no device
   */
  public SwapDevice(Sched sched, Folios folios, SwapStore store, int pages) {
    this.folios = folios;
    this.frames = folios.frames();
    this.store = store;
    this.lock = new KernelLock(sched, LockClass.SWAP_LOCK);
    this.slots = new SwapSlots(pages);
  }

  /** Slots that there are. */
  @PortedFrom("include/linux/swap.h:total_swap_pages")
  public int totalSwapPages() {
    return Math.max(0, slots.end - 1);
  }

  /** Slots that are not in use. */
  @PortedFrom("mm/swapfile.c:get_nr_swap_pages")
  public int getNrSwapPages() {
    lock.lock();
    int left = totalSwapPages() - slots.used();
    lock.unlock();
    return left;
  }

  /** Whether so much is in use that slots should not be kept for folios that are back. */
  @PortedFrom("include/linux/swap.h:vm_swap_full")
  public boolean vmSwapFull() {
    return getNrSwapPages() * 2L < totalSwapPages();
  }

  /** The entry of a folio in the swap cache. Holds the folio lock. */
  @PortedFrom(
      value = "include/linux/swapops.h:page_swap_entry",
      fidelity = Fidelity.ADAPTED,
      differs = "a folio of one page")
  public long pageSwapEntry(int folio) {
    return SwapEntry.swpEntryRaw(TYPE, frames.privateWord(folio));
  }

  private static int slot(long entry) {
    return (int) SwapEntry.swpOffsetRaw(entry);
  }

  private int known(long entry) {
    int slot = slot(entry);
    if (SwapEntry.swpTypeRaw(entry) != TYPE || !slots.isKnown(slot)) {
      throw new IllegalStateException("no slot: entry %#x".formatted(entry));
    }
    return slot;
  }

  // The swap cache

  /**
   * Finds a slot for a folio and puts it into the swap cache.
   *
   * @param folio locked, full, swap-backed, not in the cache
   * @return 0, or {@code -ENOMEM} where no slot is left
   */
  @PortedFrom(
      value = "mm/swapfile.c:folio_alloc_swap",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0; no clusters, no memcg")
  public int folioAllocSwap(int folio) {
    lock.lock();
    int slot = slots.take();
    if (slot != SwapSlots.NO_SLOT) {
      cache(slot, folio);
    }
    lock.unlock();
    return slot == SwapSlots.NO_SLOT ? -Errno.ENOMEM : 0;
  }

  private void cache(int slot, int folio) {
    folios.folioGet(folio);
    frames.setPrivateWord(folio, slot);
    frames.setFlag(folio, PageFlags.PG_SWAPCACHE);
    slots.setFolio(slot, folio);
  }

  /**
   * Makes a locked folio the copy of an entry that has none, to be read into it.
   *
   * @return 0; {@code -EEXIST} where another folio is the copy; {@code -ENOENT} where no word
   *     stands for the entry any more
   */
  @PortedFrom(
      value = "mm/swapfile.c:swapcache_prepare",
      fidelity = Fidelity.ADAPTED,
      differs = "with what adds the folio to the cache next")
  public int swapcachePrepare(long entry, int folio) {
    lock.lock();
    int slot = known(entry);
    int err =
        slots.folio(slot) != Frames.NO_PAGE
            ? -Errno.EEXIST
            : slots.count(slot) == 0 ? -Errno.ENOENT : 0;
    if (err == 0) {
      frames.setFlag(folio, PageFlags.PG_SWAPBACKED);
      cache(slot, folio);
    }
    lock.unlock();
    return err;
  }

  /** The copy of an entry, with a reference; {@link Frames#NO_PAGE} where there is none. */
  @PortedFrom("mm/swap_state.c:swap_cache_get_folio")
  public int swapCacheGetFolio(long entry) {
    lock.lock();
    int folio = slots.folio(known(entry));
    if (folio != Frames.NO_PAGE && !folios.folioTryGet(folio)) {
      folio = Frames.NO_PAGE; // frozen: on its way out
    }
    lock.unlock();
    return folio;
  }

  /** Takes a locked folio out of the cache, and gives the cache's reference up. */
  @PortedFrom("mm/swap_state.c:delete_from_swap_cache")
  public void deleteFromSwapCache(int folio) {
    lock.lock();
    swapCacheDelFolioRaw(folio);
    lock.unlock();
    folios.folioPut(folio);
  }

  /** As above, of a folio whose references are frozen, the cache's too. */
  @PortedFrom(
      value = {"mm/swap_state.c:__delete_from_swap_cache", "mm/vmscan.c:__remove_mapping"},
      fidelity = Fidelity.ADAPTED,
      differs = "takes the lock itself; no shadow entry stays")
  public void deleteFromSwapCacheRaw(int folio) {
    lock.lock();
    swapCacheDelFolioRaw(folio);
    lock.unlock();
  }

  @PortedFrom("mm/swap_state.c:__swap_cache_del_folio")
  private void swapCacheDelFolioRaw(int folio) {
    int slot = frames.privateWord(folio);
    if (!folios.folioTestSwapcache(folio) || slots.folio(slot) != folio) {
      throw new IllegalStateException("pfn " + folio + " is not in the swap cache");
    }
    slots.setFolio(slot, Frames.NO_PAGE);
    frames.clearFlag(folio, PageFlags.PG_SWAPCACHE);
    frames.setPrivateWord(folio, 0);
    freeIfUnused(slot);
  }

  /** Puts a folio in the place of another, whose references are frozen. Both are locked. */
  @PortedFrom(
      value = "mm/swap_state.c:__swap_cache_replace_folio",
      fidelity = Fidelity.ADAPTED,
      differs = "sets the new folio's flag and entry too; the old one keeps its own for now")
  public void swapCacheReplaceFolioRaw(int old, int fresh) {
    lock.lock();
    cache(frames.privateWord(old), fresh);
    lock.unlock();
  }

  // Counts

  /** One more word stands for an entry that one stands for, or that a folio is in the cache for. */
  @PortedFrom(
      value = "mm/swapfile.c:swap_duplicate",
      fidelity = Fidelity.ADAPTED,
      differs = "cannot fail for want of memory")
  public int swapDuplicate(long entry) {
    lock.lock();
    int slot = known(entry);
    boolean used = slots.count(slot) > 0 || slots.folio(slot) != Frames.NO_PAGE;
    if (used) {
      slots.addCount(slot, 1);
    }
    lock.unlock();
    return used ? 0 : -Errno.ENOENT;
  }

  /** One word less stands for an entry. */
  @PortedFrom("mm/swapfile.c:swap_free")
  public void swapFree(long entry) {
    lock.lock();
    int slot = known(entry);
    if (slots.addCount(slot, -1) < 0) {
      throw new IllegalStateException("slot " + slot + " was freed once too often");
    }
    freeIfUnused(slot);
    lock.unlock();
  }

  private void freeIfUnused(int slot) {
    if (slots.count(slot) == 0 && slots.folio(slot) == Frames.NO_PAGE) {
      store.discard(slot);
      slots.release(slot);
    }
  }

  /** Words that stand for an entry. */
  @PortedFrom("mm/swapfile.c:__swap_count")
  public int swapCountRaw(long entry) {
    lock.lock();
    int count = slots.count(known(entry));
    lock.unlock();
    return count;
  }

  /** One word less; where it was the last, the copy in the cache may go too. */
  @PortedFrom(
      value = {"mm/swapfile.c:free_swap_and_cache_nr", "mm/swapfile.c:__try_to_reclaim_swap"},
      fidelity = Fidelity.ADAPTED,
      differs = "one entry")
  public void freeSwapAndCacheNr(long entry) {
    swapFree(entry);
    lock.lock();
    int slot = known(entry);
    int folio = slots.count(slot) == 0 ? slots.folio(slot) : Frames.NO_PAGE;
    boolean got = folio != Frames.NO_PAGE && folios.folioTryGet(folio);
    lock.unlock();
    if (!got) {
      return;
    }
    if (folios.folioTrylock(folio)) {
      boolean still =
          folios.folioTestSwapcache(folio) && pageSwapEntry(folio) == entry && !folioSwapped(folio);
      if (still && (!folios.folioMapped(folio) || vmSwapFull())) {
        deleteFromSwapCache(folio);
        folios.folioMarkDirty(folio);
      }
      folios.folioUnlock(folio);
    }
    folios.folioPut(folio);
  }

  /** Whether a word still stands for the entry of a folio in the cache. Holds the folio lock. */
  @PortedFrom("mm/swapfile.c:folio_swapped")
  private boolean folioSwapped(int folio) {
    return swapCountRaw(pageSwapEntry(folio)) > 0;
  }

  /**
   * Takes a locked folio out of the cache if no word stands for its entry any more.
   *
   * @return whether it was taken out
   */
  @PortedFrom("mm/swapfile.c:folio_free_swap")
  public boolean folioFreeSwap(int folio) {
    if (!folios.folioTestSwapcache(folio) || folioSwapped(folio)) {
      return false;
    }
    deleteFromSwapCache(folio);
    folios.folioMarkDirty(folio);
    return true;
  }

  /** The same for a folio that somebody just unmapped, if its lock is free. */
  @PortedFrom("mm/swap_state.c:free_swap_cache")
  public void freeSwapCache(int folio) {
    if (folios.folioTestSwapcache(folio)
        && !folios.folioMapped(folio)
        && folios.folioTrylock(folio)) {
      var _ = folioFreeSwap(folio);
      folios.folioUnlock(folio);
    }
  }

  // Contents

  /**
   * Writes a locked folio in the cache to its slot; where no word stands for that any more, the
   * folio leaves the cache instead, and is dirty.
   */
  @PortedFrom(
      value = "mm/page_io.c:swap_writeout",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "at once; the store may do as it likes with zeros")
  public void swapWriteout(int folio) {
    if (folioFreeSwap(folio)) {
      return;
    }
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    folios.readPage(folio, page);
    store.write(frames.privateWord(folio), page);
  }

  /** Fills a locked folio in the cache from its slot; without success it is not up to date. */
  @PortedFrom(
      value = "mm/page_io.c:swap_read_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "at once")
  public void swapReadFolio(int folio) {
    byte[] page = store.read(frames.privateWord(folio));
    if (page != null) {
      folios.writePage(folio, page);
      frames.setFlag(folio, PageFlags.PG_UPTODATE);
    }
  }

  // For those who check

  /** Sees one slot in use. */
  @FunctionalInterface
  public interface SlotVisitor {
    void slot(long entry, int count, int folio);
  }

  /** Visits all slots that were ever used; the machine rests. */
  public void forEachSlot(SlotVisitor visitor) {
    for (int slot = 1; slot < slots.knownEnd(); slot++) {
      visitor.slot(SwapEntry.swpEntryRaw(TYPE, slot), slots.count(slot), slots.folio(slot));
    }
  }

  /** Slots in use; the machine rests. */
  public int slotsInUse() {
    return slots.used();
  }
}
