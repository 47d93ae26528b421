// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/interval_tree.c and include/linux/interval_tree_generic.h.
package org.samepage.rmap;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

/**
 * The VMAs that map a file, found by the page offsets they cover; else as {@link
 * AnonVmaIntervalTree}. All methods need the file's i_mmap_rwsem, queries for reading.
 */
public final class VmaIntervalTree {
  private static final Tree TREE = new Tree();

  private VmaIntervalTree() {}

  private static final class Tree extends IntervalTree<VmArea> {
    @Override
    VmArea of(RbNode node) {
      return (VmArea) node;
    }

    @Override
    long start(VmArea node) {
      return node.vmPgoff;
    }

    @Override
    long last(VmArea node) {
      return vmaLastPgoff(node);
    }

    @Override
    long subtreeLast(VmArea node) {
      return node.rbSubtreeLast;
    }

    @Override
    void setSubtreeLast(VmArea node, long last) {
      node.rbSubtreeLast = last;
    }
  }

  @PortedFrom("mm/interval_tree.c:vma_last_pgoff")
  static long vmaLastPgoff(VmArea vma) {
    return vma.vmPgoff + vma.vmaPages() - 1;
  }

  @PortedFrom("mm/interval_tree.c:vma_interval_tree_insert")
  static void vmaIntervalTreeInsert(VmArea node, RbRoot root) {
    TREE.insert(node, root);
  }

  /** Inserts a VMA right behind one that starts at the same page offset. */
  @PortedFrom("mm/interval_tree.c:vma_interval_tree_insert_after")
  static void vmaIntervalTreeInsertAfter(VmArea node, VmArea prev, RbRoot root) {
    TREE.insertAfter(node, prev, root);
  }

  @PortedFrom("mm/interval_tree.c:vma_interval_tree_remove")
  static void vmaIntervalTreeRemove(VmArea node, RbRoot root) {
    TREE.remove(node, root);
  }

  @PortedFrom(
      value = "mm/interval_tree.c:vma_interval_tree_iter_first",
      fidelity = Fidelity.ADAPTED,
      differs = "does not look at a cached leftmost node first; counts")
  public static @Nullable VmArea vmaIntervalTreeIterFirst(
      RbRoot root, long start, long last, WorkCounters work) {
    return TREE.iterFirst(root, start, last, work);
  }

  @PortedFrom(
      value = "mm/interval_tree.c:vma_interval_tree_iter_next",
      fidelity = Fidelity.ADAPTED,
      differs = "counts")
  public static @Nullable VmArea vmaIntervalTreeIterNext(
      VmArea from, long start, long last, WorkCounters work) {
    return TREE.iterNext(from, start, last, work);
  }
}
