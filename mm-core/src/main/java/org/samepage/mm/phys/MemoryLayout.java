// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import org.samepage.mm.units.PageUnits;

/**
 * How much memory a machine has: nodes of equal size, one behind the other.
 *
 * @param nodes NUMA nodes, 1 to 64
 * @param pagesPerNode frames of each node
 */
public record MemoryLayout(int nodes, int pagesPerNode) {
  /** Frames below this are not handed out; the zero page is one of them. */
  static final int FIRST_PFN = 0x100;

  private static final int MAX_NODES = 64;

  public MemoryLayout {
    if (nodes < 1 || nodes > MAX_NODES) {
      throw new IllegalArgumentException("a machine has 1 to 64 nodes, not " + nodes);
    }
    if (pagesPerNode < 1 || (long) nodes * pagesPerNode > Integer.MAX_VALUE - FIRST_PFN) {
      throw new IllegalArgumentException(
          "memory must be at least one page a node and below 8 TiB in all");
    }
  }

  /** Frames of all nodes. */
  public long pages() {
    return (long) nodes * pagesPerNode;
  }

  /**
   * A layout by size.
   *
   * @param bytes memory in all, divided evenly among the nodes
   */
  public static MemoryLayout ofBytes(int nodes, long bytes) {
    long pages = PageUnits.bytesToPages(bytes) / Math.max(1, nodes);
    if (pages > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("memory must be below 8 TiB in all");
    }
    return new MemoryLayout(nodes, (int) pages);
  }

  int firstPfn(int nid) {
    return FIRST_PFN + nid * pagesPerNode;
  }

  /** One more than the highest pfn. */
  public int endPfn() {
    return FIRST_PFN + nodes * pagesPerNode;
  }

  /** The node that a frame belongs to; the reserved frames belong to node 0. */
  public int nodeOf(int pfn) {
    return Math.max(0, pfn - FIRST_PFN) / pagesPerNode;
  }
}
