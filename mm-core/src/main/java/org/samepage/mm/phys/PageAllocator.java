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
import org.samepage.mm.units.PageUnits;

/**
 * Hands out single frames and blocks of a huge page, and takes them back, node by node.
 *
 * <p>Which frame comes next carries no meaning: no result of the machine depends on it but the pfns
 * themselves. What was freed last is handed out first. A block is broken up where single frames are
 * short, and single frames never become a block again: nothing is compacted.
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
    final Stack free = new Stack();
    final Stack freeBlocks = new Stack();
    final BitSet isolated = new BitSet();

    Node(Sched sched, int firstPfn, int endPfn) {
      this.lock = new KernelLock(sched, LockClass.ZONE_LOCK);
      this.nextPfn = firstPfn;
      this.endPfn = endPfn;
    }
  }

  /** Frames, or the first frames of blocks. */
  private static final class Stack {
    int[] pfns = new int[16];
    int size;

    void push(int pfn) {
      if (size == pfns.length) {
        pfns = Arrays.copyOf(pfns, size * 2);
      }
      pfns[size++] = pfn;
    }

    int pop() {
      return pfns[--size];
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
   * Frames with nothing set; from another node where this one is full.
   *
   * @param nid the node to try first
   * @param nodemask a bit for each node that it may come from
   * @param order 0 for one frame, {@link PageUnits#HPAGE_PMD_ORDER} for an aligned block
   * @return the first pfn, or {@link Frames#NO_PAGE} where those have none left
   */
  @PortedFrom(
      value = "mm/page_alloc.c:__alloc_frozen_pages_noprof",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "two orders, no zones, no reclaim; falls back to the nodes in turn")
  public int allocFrozenPagesNoprofRaw(int nid, long nodemask, int order) {
    if (failSlab.shouldFailslab(Alloc.FRAME)) {
      return Frames.NO_PAGE;
    }
    for (int i = 0; i < nodes.length; i++) {
      int from = (nid + i) % nodes.length;
      int pfn = (nodemask & 1L << from) == 0 ? Frames.NO_PAGE : takeFrom(nodes[from], order);
      if (pfn != Frames.NO_PAGE) {
        return pfn;
      }
    }
    return Frames.NO_PAGE;
  }

  /**
   * Frames of this node alone.
   *
   * @return the first pfn, or {@link Frames#NO_PAGE} where the node has none left
   */
  int allocThisNode(int nid, int order) {
    return takeFrom(nodes[nid], order);
  }

  private int takeFrom(Node node, int order) {
    node.lock.lock();
    try {
      return order == 0 ? takeFrame(node) : takeBlock(node);
    } finally {
      node.lock.unlock();
    }
  }

  private int takeFrame(Node node) {
    if (node.free.size > 0) {
      return node.free.pop();
    }
    if (node.nextPfn < node.endPfn) {
      frames.populate(node.nextPfn);
      return node.nextPfn++;
    }
    if (node.freeBlocks.size == 0) {
      return Frames.NO_PAGE;
    }
    int block = node.freeBlocks.pop();
    for (int pfn = block + PageUnits.HPAGE_PMD_NR - 1; pfn > block; pfn--) {
      node.free.push(pfn);
    }
    return block;
  }

  private int takeBlock(Node node) {
    if (node.freeBlocks.size > 0) {
      return node.freeBlocks.pop();
    }
    int block = (node.nextPfn + PageUnits.HPAGE_PMD_NR - 1) & -PageUnits.HPAGE_PMD_NR;
    if (block > node.endPfn - PageUnits.HPAGE_PMD_NR) {
      return Frames.NO_PAGE;
    }
    for (; node.nextPfn < block; node.nextPfn++) {
      frames.populate(node.nextPfn);
      node.free.push(node.nextPfn);
    }
    node.nextPfn = block + PageUnits.HPAGE_PMD_NR;
    frames.populate(block);
    return block;
  }

  /**
   * Takes frames back whose last reference is gone.
   *
   * @param order as they were handed out, or 0 for the pages of a folio that was split
   */
  @PortedFrom(
      value = "mm/page_alloc.c:free_frozen_pages",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "two orders, no per-CPU lists, no merging of buddies")
  void freeFrozenPages(int pfn, int order) {
    Node node = nodes[layout.nodeOf(pfn)];
    node.lock.lock();
    try {
      if (order != 0 && node.isolated.get(pfn, pfn + PageUnits.HPAGE_PMD_NR).isEmpty()) {
        node.freeBlocks.push(pfn);
        return;
      }
      for (int page = pfn + (1 << order) - 1; page >= pfn; page--) {
        if (!node.isolated.get(page)) { // those are not handed out again
          node.free.push(page);
        }
      }
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
    return !frames.pfnValid(pfn) || frames.refcount(frames.compoundHead(pfn)) == 0;
  }

  /** Frames handed out and not yet back, those taken out included. */
  public long pagesInUse() {
    long used = 0;
    for (int nid = 0; nid < nodes.length; nid++) {
      Node node = nodes[nid];
      node.lock.lock();
      try {
        used += node.nextPfn - layout.firstPfn(nid) - node.free.size;
        used -= (long) node.freeBlocks.size * PageUnits.HPAGE_PMD_NR;
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
