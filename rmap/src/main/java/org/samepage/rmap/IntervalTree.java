// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/interval_tree_generic.h.
package org.samepage.rmap;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbAugment;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.work.WorkCounters;

/**
 * Nodes by the interval of page offsets that each covers, both ends included, unsigned.
 *
 * <p>Queries meet nodes in rising order of start; among equal starts, what was inserted later comes
 * later. Each node that a query looks at counts as one of {@link WorkCounters#intervalNodes}.
 *
 * @param <N> the kind of node, which says its interval when asked
 */
@PortedFrom(
    value = "include/linux/interval_tree_generic.h:INTERVAL_TREE_DEFINE",
    fidelity = Fidelity.ADAPTED,
    differs = "a class to derive from; the leftmost node is found, not cached")
abstract class IntervalTree<N extends RbNode> {
  private final RbAugment subtreeLast = this::recompute;

  abstract N of(RbNode node);

  abstract long start(N node);

  abstract long last(N node);

  abstract long subtreeLast(N node);

  abstract void setSubtreeLast(N node, long last);

  private void recompute(RbNode at) {
    N node = of(at);
    long last = maxLast(last(node), node.rbLeft());
    setSubtreeLast(node, maxLast(last, node.rbRight()));
  }

  private long maxLast(long last, @Nullable RbNode child) {
    if (child == null) {
      return last;
    }
    long childs = subtreeLast(of(child));
    return atMost(childs, last) ? last : childs;
  }

  final void insert(N node, RbRoot root) {
    long start = start(node);
    RbNode parent = null;
    boolean asLeft = true;
    for (RbNode at = root.rbNode(); at != null; at = asLeft ? at.rbLeft() : at.rbRight()) {
      parent = at;
      asLeft = !atMost(start(of(at)), start);
    }
    RbTree.rbInsertColor(root, node, parent, asLeft, subtreeLast);
  }

  /** Inserts a node right behind another that has the same start. */
  final void insertAfter(N node, N prev, RbRoot root) {
    RbNode parent = prev;
    boolean asLeft = false;
    RbNode right = prev.rbRight();
    if (right != null) {
      parent = right;
      asLeft = true;
      for (RbNode left = parent.rbLeft(); left != null; left = parent.rbLeft()) {
        parent = left;
      }
    }
    RbTree.rbInsertColor(root, node, parent, asLeft, subtreeLast);
  }

  final void remove(N node, RbRoot root) {
    RbTree.rbErase(root, node, subtreeLast);
  }

  final @Nullable N iterFirst(RbRoot root, long start, long last, WorkCounters work) {
    RbNode top = root.rbNode();
    if (top == null) {
      return null;
    }
    N node = of(top);
    work.intervalNodes++;
    return atMost(start, subtreeLast(node)) ? subtreeSearch(node, start, last, work) : null;
  }

  final @Nullable N iterNext(N from, long start, long last, WorkCounters work) {
    N node = from;
    while (true) {
      RbNode right = node.rbRight();
      if (right != null) {
        work.intervalNodes++;
        if (atMost(start, subtreeLast(of(right)))) {
          return subtreeSearch(of(right), start, last, work);
        }
      }
      RbNode child;
      do {
        child = node;
        RbNode parent = RbTree.rbParent(child);
        if (parent == null) {
          return null;
        }
        work.intervalNodes++;
        node = of(parent);
      } while (child == node.rbRight());
      if (!atMost(start(node), last)) {
        return null;
      }
      if (atMost(start, last(node))) {
        return node;
      }
    }
  }

  /** The first node of a subtree in which something ends at or after {@code start}. */
  @PortedFrom("include/linux/interval_tree_generic.h:_subtree_search")
  private @Nullable N subtreeSearch(N from, long start, long last, WorkCounters work) {
    N node = from;
    while (true) {
      RbNode left = node.rbLeft();
      if (left != null) {
        work.intervalNodes++;
        if (atMost(start, subtreeLast(of(left)))) {
          node = of(left);
          continue;
        }
      }
      if (!atMost(start(node), last)) {
        return null;
      }
      if (atMost(start, last(node))) {
        return node;
      }
      // what ends late enough is in neither: it must be on the right
      node = of(Objects.requireNonNull(node.rbRight()));
      work.intervalNodes++;
      if (!atMost(start, subtreeLast(node))) {
        return null;
      }
    }
  }

  private static boolean atMost(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0;
  }
}
