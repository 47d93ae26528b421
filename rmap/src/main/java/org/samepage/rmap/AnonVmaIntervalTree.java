// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/interval_tree.c and include/linux/interval_tree_generic.h.
package org.samepage.rmap;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.work.WorkCounters;

/**
 * The VMAs of an anon_vma, found by the page offsets they cover.
 *
 * <p>A node's interval is {@code [vm_pgoff, vm_pgoff + pages - 1]}, both ends included, read from
 * its VMA when asked: a VMA must be out of the tree while these change. Queries meet nodes in
 * rising order of start; among equal starts, what was inserted later comes later. Offsets are
 * unsigned.
 *
 * <p>All methods need the lock of the anon_vma's root, queries for reading. Each node that a query
 * looks at is counted.
 */
public final class AnonVmaIntervalTree {
  private static final Tree TREE = new Tree();

  private AnonVmaIntervalTree() {}

  private static final class Tree extends IntervalTree<AnonVmaChain> {
    @Override
    AnonVmaChain of(RbNode node) {
      return (AnonVmaChain) node;
    }

    @Override
    long start(AnonVmaChain node) {
      return avcStartPgoff(node);
    }

    @Override
    long last(AnonVmaChain node) {
      return avcLastPgoff(node);
    }

    @Override
    long subtreeLast(AnonVmaChain node) {
      return node.rbSubtreeLast;
    }

    @Override
    void setSubtreeLast(AnonVmaChain node, long last) {
      node.rbSubtreeLast = last;
    }
  }

  @PortedFrom("mm/interval_tree.c:avc_start_pgoff")
  static long avcStartPgoff(AnonVmaChain avc) {
    return avc.vma.vmPgoff;
  }

  @PortedFrom("mm/interval_tree.c:avc_last_pgoff")
  static long avcLastPgoff(AnonVmaChain avc) {
    return VmaIntervalTree.vmaLastPgoff(avc.vma);
  }

  @PortedFrom(
      value = "mm/interval_tree.c:anon_vma_interval_tree_insert",
      fidelity = Fidelity.ADAPTED,
      differs = "the leftmost node is found, not cached")
  public static void anonVmaIntervalTreeInsert(AnonVmaChain node, RbRoot root) {
    TREE.insert(node, root);
  }

  @PortedFrom("mm/interval_tree.c:anon_vma_interval_tree_remove")
  public static void anonVmaIntervalTreeRemove(AnonVmaChain node, RbRoot root) {
    TREE.remove(node, root);
  }

  /**
   * The first node, in order, whose interval meets {@code [start, last]}.
   *
   * @param last included
   * @param work counts the nodes that are looked at
   */
  @PortedFrom(
      value = "mm/interval_tree.c:anon_vma_interval_tree_iter_first",
      fidelity = Fidelity.ADAPTED,
      differs = "does not look at a cached leftmost node first; counts")
  public static @Nullable AnonVmaChain anonVmaIntervalTreeIterFirst(
      RbRoot root, long start, long last, WorkCounters work) {
    return TREE.iterFirst(root, start, last, work);
  }

  /** The node after this one, in order, whose interval meets {@code [start, last]}. */
  @PortedFrom(
      value = "mm/interval_tree.c:anon_vma_interval_tree_iter_next",
      fidelity = Fidelity.ADAPTED,
      differs = "counts")
  public static @Nullable AnonVmaChain anonVmaIntervalTreeIterNext(
      AnonVmaChain from, long start, long last, WorkCounters work) {
    return TREE.iterNext(from, start, last, work);
  }
}
