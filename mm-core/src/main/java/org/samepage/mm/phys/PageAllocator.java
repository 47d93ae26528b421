// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/page_alloc.c.
package org.samepage.mm.phys;

import java.util.Arrays;
import java.util.BitSet;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;

/**
 * Hands out single frames and takes them back, node by node.
 *
 * <p>Which frame comes next carries no meaning: no result of the machine depends on it but the pfns
 * themselves. What was freed last is handed out first.
 */
public final class PageAllocator {
  private final Frames frames;
  private final MemoryLayout layout;
  private final Node[] nodes;
  private final FailSlab failSlab;

  private static final class Node {
    final KernelLock lock;
    final int endPfn;
    int nextPfn;
    int[] free = new int[16];
    int freeCount;
    final BitSet isolated = new BitSet();

    Node(Sched sched, int firstPfn, int endPfn) {
      this.lock = new KernelLock(sched, LockClass.ZONE_LOCK);
      this.nextPfn = firstPfn;
      this.endPfn = endPfn;
    }
  }

  public PageAllocator(Sched sched, Frames frames, MemoryLayout layout) {
    this.frames = frames;
    this.layout = layout;
    this.failSlab = sched.failSlab;
    this.nodes = new Node[layout.nodes()];
    for (int nid = 0; nid < nodes.length; nid++) {
      int first = layout.firstPfn(nid);
      nodes[nid] = new Node(sched, first, first + layout.pagesPerNode());
    }
  }

  /**
   * A frame with reference count 1 and nothing else set; from another node where this one is full.
   *
   * @param nid the node to try first
   * @param nodemask a bit for each node that it may come from
   * @return its pfn, or {@link Frames#NO_PAGE} where those have none left
   */
  @PortedFrom(
      value = "mm/page_alloc.c:__alloc_frozen_pages_noprof",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0, no zones, no reclaim; falls back to the nodes in turn")
  public int allocFrozenPagesNoprofRaw(int nid, long nodemask) {
    if (failSlab.shouldFailslab(Alloc.FRAME)) {
      return Frames.NO_PAGE;
    }
    for (int i = 0; i < nodes.length; i++) {
      int from = (nid + i) % nodes.length;
      int pfn = (nodemask & 1L << from) == 0 ? Frames.NO_PAGE : takeFrom(nodes[from]);
      if (pfn != Frames.NO_PAGE) {
        return pfn;
      }
    }
    return Frames.NO_PAGE;
  }

  /**
   * A frame of this node alone.
   *
   * @return its pfn, or {@link Frames#NO_PAGE} where the node has none left
   */
  int allocThisNode(int nid) {
    return takeFrom(nodes[nid]);
  }

  private int takeFrom(Node node) {
    node.lock.lock();
    try {
      if (node.freeCount > 0) {
        return node.free[--node.freeCount];
      }
      if (node.nextPfn == node.endPfn) {
        return Frames.NO_PAGE;
      }
      int pfn = node.nextPfn++;
      frames.populate(pfn);
      return pfn;
    } finally {
      node.lock.unlock();
    }
  }

  /** Takes a frame back whose last reference is gone. */
  @PortedFrom(
      value = "mm/page_alloc.c:free_frozen_pages",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0, no per-CPU lists")
  void freeFrozenPages(int pfn) {
    Node node = nodes[layout.nodeOf(pfn)];
    node.lock.lock();
    try {
      if (node.isolated.get(pfn)) {
        return; // it is not handed out again
      }
      if (node.freeCount == node.free.length) {
        node.free = Arrays.copyOf(node.free, node.freeCount * 2);
      }
      node.free[node.freeCount++] = pfn;
    } finally {
      node.lock.unlock();
    }
  }

  /**
   * Keeps a frame that is in use from being handed out again once it is freed: it goes offline
   * then.
   */
  @PortedFrom(
      value = "mm/page_isolation.c:start_isolate_page_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one frame in use")
  public void startIsolatePageRange(int pfn) {
    Node node = nodes[layout.nodeOf(pfn)];
    node.lock.lock();
    node.isolated.set(pfn);
    node.lock.unlock();
  }

  /** Takes that back, where the frame could not be freed. */
  @PortedFrom(
      value = "mm/page_isolation.c:undo_isolate_page_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one frame in use")
  public void undoIsolatePageRange(int pfn) {
    Node node = nodes[layout.nodeOf(pfn)];
    node.lock.lock();
    node.isolated.clear(pfn);
    node.lock.unlock();
  }

  /** Frames that were taken out, or will be when they are freed. */
  public long pagesIsolated() {
    long isolated = 0;
    for (Node node : nodes) {
      node.lock.lock();
      isolated += node.isolated.cardinality();
      node.lock.unlock();
    }
    return isolated;
  }

  /** Whether a frame of the machine is free to be handed out. */
  @PortedFrom(
      value = "mm/page_alloc.c:is_free_buddy_page",
      fidelity = Fidelity.ADAPTED,
      differs = "a frame that has never been handed out needs no row; none waits on a CPU's list")
  public boolean isFreeBuddyPage(int pfn) {
    return !frames.pfnValid(pfn) || frames.refcount(pfn) == 0;
  }

  /** Frames handed out and not yet back, those taken out included. */
  public long pagesInUse() {
    long used = 0;
    for (int nid = 0; nid < nodes.length; nid++) {
      Node node = nodes[nid];
      node.lock.lock();
      try {
        used += node.nextPfn - layout.firstPfn(nid) - node.freeCount;
      } finally {
        node.lock.unlock();
      }
    }
    return used;
  }

  @PortedFrom("include/linux/mm.h:pfn_to_nid")
  public int pfnToNid(int pfn) {
    return layout.nodeOf(pfn);
  }

  /** Nodes of the machine. */
  @PortedFrom("include/linux/nodemask.h:nr_node_ids")
  public int nrNodeIds() {
    return nodes.length;
  }
}
