// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.mm.phys;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;

/**
 * Large folios of which some pages are mapped no more: whoever is short of memory splits them, and
 * gets those pages.
 */
@PortedFrom(
    value = "include/linux/mmzone.h:deferred_split",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "one queue for all nodes; a set in the order of entry; no underused folios")
public final class DeferredSplitQueue {
  private final Frames frames;
  private final KernelLock splitQueueLock;
  private final Set<Integer> splitQueue = new LinkedHashSet<>();

  DeferredSplitQueue(Sched sched, Frames frames) {
    this.frames = frames;
    this.splitQueueLock = new KernelLock(sched, LockClass.SPLIT_QUEUE_LOCK);
  }

  /** Puts a folio that is partially mapped into the queue, where it stays until split or freed. */
  @PortedFrom(
      value = "mm/huge_memory.c:deferred_split_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "partially mapped folios alone")
  public void deferredSplitFolio(int folio) {
    if (frames.testFlag(folio, PageFlags.PG_SWAPCACHE)) {
      return;
    }
    splitQueueLock.lock();
    frames.setFlag(folio + 1, PageFlags.PG_PARTIALLY_MAPPED);
    splitQueue.add(folio);
    splitQueueLock.unlock();
  }

  @PortedFrom("include/linux/page-flags.h:folio_test_partially_mapped")
  public boolean folioTestPartiallyMapped(int folio) {
    return frames.testFlag(folio + 1, PageFlags.PG_PARTIALLY_MAPPED);
  }

  /**
   * Takes a folio out that is being freed.
   *
   * @return whether it was there
   */
  @PortedFrom("mm/huge_memory.c:__folio_unqueue_deferred_split")
  boolean folioUnqueueDeferredSplitRaw(int folio) {
    splitQueueLock.lock();
    boolean queued = unqueue(folio);
    splitQueueLock.unlock();
    return queued;
  }

  private boolean unqueue(int folio) {
    boolean queued = splitQueue.remove(folio);
    if (queued) {
      frames.clearFlag(folio + 1, PageFlags.PG_PARTIALLY_MAPPED);
    }
    return queued;
  }

  /**
   * Takes the references of a folio away, if there are exactly so many, and then the folio out of
   * the queue: whoever goes through the queue meanwhile must find it there, or not at all.
   */
  @PortedFrom(
      value = "mm/huge_memory.c:__folio_freeze_and_split_unmapped",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "its first half")
  public boolean freezeAndUnqueue(int folio, int count) {
    splitQueueLock.lock();
    boolean frozen = frames.casRefcount(folio, count, 0);
    if (frozen) {
      var _ = unqueue(folio);
    }
    splitQueueLock.unlock();
    return frozen;
  }

  /**
   * Takes out the folio that has waited longest, with a reference. It stays marked: whoever takes
   * it must put it back, or split it.
   *
   * @return {@link Frames#NO_PAGE} where the queue is empty
   */
  @PortedFrom(
      value = "mm/huge_memory.c:deferred_split_scan",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "its first half, one folio at a time")
  public int takeFirst(Folios folios) {
    splitQueueLock.lock();
    int taken = Frames.NO_PAGE;
    for (Iterator<Integer> it = splitQueue.iterator(); taken == Frames.NO_PAGE && it.hasNext(); ) {
      int folio = it.next();
      it.remove();
      if (folios.folioTryGet(folio)) {
        taken = folio;
      } else {
        frames.clearFlag(folio + 1, PageFlags.PG_PARTIALLY_MAPPED);
      }
    }
    splitQueueLock.unlock();
    return taken;
  }

  /** Whether a folio is in the queue. */
  public boolean isQueued(int folio) {
    splitQueueLock.lock();
    boolean queued = splitQueue.contains(folio);
    splitQueueLock.unlock();
    return queued;
  }

  /** Folios in the queue. */
  public int length() {
    splitQueueLock.lock();
    int length = splitQueue.size();
    splitQueueLock.unlock();
    return length;
  }
}
