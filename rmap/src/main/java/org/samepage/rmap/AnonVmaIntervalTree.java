// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/interval_tree.c and include/linux/interval_tree_generic.h.
package org.samepage.rmap;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbAugment;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.vma.AnonVmaChain;

/**
 * The VMAs of an anon_vma, found by the page offsets they cover.
 *
 * <p>A node's interval is {@code [vm_pgoff, vm_pgoff + pages - 1]}, both ends included, read from
 * its VMA when asked: a VMA must be out of the tree while these change. Queries meet nodes in
 * rising order of start; among equal starts, what was inserted later comes later. Offsets are
 * unsigned.
 *
 * <p>All methods need the lock of the anon_vma's root, queries for reading.
 */
public final class AnonVmaIntervalTree {
  private static final RbAugment SUBTREE_LAST = AnonVmaIntervalTree::recomputeSubtreeLast;

  private AnonVmaIntervalTree() {}

  @PortedFrom("mm/interval_tree.c:avc_start_pgoff")
  static long avcStartPgoff(AnonVmaChain avc) {
    return avc.vma.vmPgoff;
  }

  @PortedFrom("mm/interval_tree.c:avc_last_pgoff")
  static long avcLastPgoff(AnonVmaChain avc) {
    return avc.vma.vmPgoff + avc.vma.vmaPages() - 1;
  }

  private static void recomputeSubtreeLast(RbNode node) {
    AnonVmaChain avc = (AnonVmaChain) node;
    long last = avcLastPgoff(avc);
    last = maxLast(last, left(avc));
    avc.rbSubtreeLast = maxLast(last, right(avc));
  }

  private static long maxLast(long last, @Nullable AnonVmaChain child) {
    return child == null || atMost(child.rbSubtreeLast, last) ? last : child.rbSubtreeLast;
  }

  @PortedFrom(
      value = "mm/interval_tree.c:anon_vma_interval_tree_insert",
      fidelity = Fidelity.ADAPTED,
      differs = "the leftmost node is found, not cached")
  public static void anonVmaIntervalTreeInsert(AnonVmaChain node, RbRoot root) {
    long start = avcStartPgoff(node);
    RbNode parent = null;
    boolean asLeft = true;
    for (RbNode at = root.rbNode(); at != null; at = asLeft ? at.rbLeft() : at.rbRight()) {
      parent = at;
      asLeft = !atMost(avcStartPgoff((AnonVmaChain) at), start);
    }
    RbTree.rbInsertColor(root, node, parent, asLeft, SUBTREE_LAST);
  }

  @PortedFrom("mm/interval_tree.c:anon_vma_interval_tree_remove")
  public static void anonVmaIntervalTreeRemove(AnonVmaChain node, RbRoot root) {
    RbTree.rbErase(root, node, SUBTREE_LAST);
  }

  /**
   * The first node, in order, whose interval meets {@code [start, last]}.
   *
   * @param last included
   */
  @PortedFrom(
      value = "mm/interval_tree.c:anon_vma_interval_tree_iter_first",
      fidelity = Fidelity.ADAPTED,
      differs = "does not look at a cached leftmost node first")
  public static @Nullable AnonVmaChain anonVmaIntervalTreeIterFirst(
      RbRoot root, long start, long last) {
    AnonVmaChain node = (AnonVmaChain) root.rbNode();
    return node == null || !atMost(start, node.rbSubtreeLast)
        ? null
        : subtreeSearch(node, start, last);
  }

  /** The node after this one, in order, whose interval meets {@code [start, last]}. */
  @PortedFrom("mm/interval_tree.c:anon_vma_interval_tree_iter_next")
  public static @Nullable AnonVmaChain anonVmaIntervalTreeIterNext(
      AnonVmaChain from, long start, long last) {
    AnonVmaChain node = from;
    while (true) {
      AnonVmaChain right = right(node);
      if (right != null && atMost(start, right.rbSubtreeLast)) {
        return subtreeSearch(right, start, last);
      }
      AnonVmaChain child;
      do {
        child = node;
        AnonVmaChain parent = (AnonVmaChain) RbTree.rbParent(child);
        if (parent == null) {
          return null;
        }
        node = parent;
      } while (child == node.rbRight());
      if (!atMost(avcStartPgoff(node), last)) {
        return null;
      }
      if (atMost(start, avcLastPgoff(node))) {
        return node;
      }
    }
  }

  /** As above, below a node where something ends at or after {@code start}. */
  private static @Nullable AnonVmaChain subtreeSearch(AnonVmaChain from, long start, long last) {
    AnonVmaChain node = from;
    while (true) {
      AnonVmaChain left = left(node);
      if (left != null && atMost(start, left.rbSubtreeLast)) {
        node = left;
        continue;
      }
      if (!atMost(avcStartPgoff(node), last)) {
        return null;
      }
      if (atMost(start, avcLastPgoff(node))) {
        return node;
      }
      // what ends late enough is in neither: it must be on the right
      node = Objects.requireNonNull(right(node));
      if (!atMost(start, node.rbSubtreeLast)) {
        return null;
      }
    }
  }

  private static @Nullable AnonVmaChain left(AnonVmaChain node) {
    return (AnonVmaChain) node.rbLeft();
  }

  private static @Nullable AnonVmaChain right(AnonVmaChain node) {
    return (AnonVmaChain) node.rbRight();
  }

  private static boolean atMost(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0;
  }
}
