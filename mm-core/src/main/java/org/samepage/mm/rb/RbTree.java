// SPDX-License-Identifier: GPL-2.0-only
// Ported from lib/rbtree.c.
package org.samepage.mm.rb;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Balancing, erasing, replacing and walking; see the package for what the caller does. */
public final class RbTree {
  private RbTree() {}

  /**
   * Hangs a node where the caller's search ended, and balances.
   *
   * @param parent the last node of the search; null in an empty tree
   * @param asLeft whether the search would have gone left from there
   */
  @PortedFrom(
      value = {"lib/rbtree.c:rb_insert_color", "include/linux/rbtree.h:rb_link_node"},
      fidelity = Fidelity.ADAPTED,
      differs = "links and balances in one call; left and right share their code")
  public static void rbInsertColor(
      RbRoot root, RbNode node, @Nullable RbNode parent, boolean asLeft, RbAugment augment) {
    node.parent = parent;
    node.left = null;
    node.right = null;
    node.red = true;
    if (parent == null) {
      root.node = node;
    } else if (asLeft) {
      parent.left = node;
    } else {
      parent.right = node;
    }
    propagate(node, augment);
    balanceAfterInsert(root, node, augment);
  }

  private static void balanceAfterInsert(RbRoot root, RbNode inserted, RbAugment augment) {
    RbNode node = inserted;
    while (true) {
      RbNode parent = node.parent;
      if (parent == null) {
        node.red = false;
        return;
      }
      if (!parent.red) {
        return;
      }
      RbNode gparent = Objects.requireNonNull(parent.parent, "a red node has a parent");
      boolean onLeft = parent == gparent.left;
      RbNode uncle = onLeft ? gparent.right : gparent.left;
      if (uncle != null && uncle.red) {
        parent.red = false;
        uncle.red = false;
        gparent.red = true;
        node = gparent;
        continue;
      }
      if (node == (onLeft ? parent.right : parent.left)) {
        rotate(root, parent, onLeft, augment);
        parent = node;
      }
      parent.red = false;
      gparent.red = true;
      rotate(root, gparent, !onLeft, augment);
      return;
    }
  }

  /** Takes a node out of the tree that it is in. The node keeps its stale links. */
  @PortedFrom(
      value = "lib/rbtree.c:rb_erase",
      fidelity = Fidelity.ADAPTED,
      differs = "left and right share their code")
  public static void rbErase(RbRoot root, RbNode node, RbAugment augment) {
    RbNode child;
    RbNode parent;
    boolean childIsLeft;
    boolean lostBlack;
    if (node.left != null && node.right != null) {
      RbNode successor = leftmost(node.right);
      lostBlack = !successor.red;
      child = successor.right;
      if (successor.parent == node) {
        parent = successor;
        childIsLeft = false;
      } else {
        parent = Objects.requireNonNull(successor.parent);
        childIsLeft = true;
        parent.left = child;
        adopt(parent, child);
        successor.right = node.right;
        adopt(successor, node.right);
      }
      successor.left = node.left;
      adopt(successor, node.left);
      successor.red = node.red;
      changeChild(root, node, successor);
    } else {
      lostBlack = !node.red;
      child = node.left != null ? node.left : node.right;
      parent = node.parent;
      childIsLeft = parent != null && parent.left == node;
      changeChild(root, node, child);
    }
    if (parent != null) {
      propagate(parent, augment);
    }
    if (lostBlack) {
      balanceAfterErase(root, child, parent, childIsLeft, augment);
    }
  }

  private static void balanceAfterErase(
      RbRoot root,
      @Nullable RbNode short_,
      @Nullable RbNode itsParent,
      boolean isLeft,
      RbAugment augment) {
    RbNode node = short_;
    RbNode parent = itsParent;
    boolean onLeft = isLeft;
    while (parent != null && (node == null || !node.red)) {
      RbNode sibling = Objects.requireNonNull(onLeft ? parent.right : parent.left);
      if (sibling.red) {
        sibling.red = false;
        parent.red = true;
        rotate(root, parent, onLeft, augment);
        sibling = Objects.requireNonNull(onLeft ? parent.right : parent.left);
      }
      RbNode near = onLeft ? sibling.left : sibling.right;
      RbNode far = onLeft ? sibling.right : sibling.left;
      if (isBlack(near) && isBlack(far)) {
        sibling.red = true;
        node = parent;
        parent = node.parent;
        onLeft = parent != null && parent.left == node;
        continue;
      }
      if (isBlack(far)) {
        Objects.requireNonNull(near).red = false;
        sibling.red = true;
        rotate(root, sibling, !onLeft, augment);
        far = sibling;
        sibling = near;
      }
      sibling.red = parent.red;
      parent.red = false;
      Objects.requireNonNull(far).red = false;
      rotate(root, parent, onLeft, augment);
      return;
    }
    if (node != null) {
      node.red = false;
    }
  }

  /** Puts a node that is in no tree exactly where another is; nothing moves. */
  @PortedFrom("lib/rbtree.c:rb_replace_node")
  public static void rbReplaceNode(RbRoot root, RbNode victim, RbNode replacement) {
    replacement.left = victim.left;
    replacement.right = victim.right;
    replacement.red = victim.red;
    adopt(replacement, victim.left);
    adopt(replacement, victim.right);
    changeChild(root, victim, replacement);
  }

  @PortedFrom("lib/rbtree.c:rb_first")
  public static @Nullable RbNode rbFirst(RbRoot root) {
    return root.node == null ? null : leftmost(root.node);
  }

  /** The next node in order; null after the last. */
  @PortedFrom("lib/rbtree.c:rb_next")
  public static @Nullable RbNode rbNext(RbNode node) {
    if (node.right != null) {
      return leftmost(node.right);
    }
    RbNode child = node;
    RbNode parent = node.parent;
    while (parent != null && child == parent.right) {
      child = parent;
      parent = parent.parent;
    }
    return parent;
  }

  /** The node above this one; null for the root. */
  @PortedFrom("include/linux/rbtree.h:rb_parent")
  public static @Nullable RbNode rbParent(RbNode node) {
    return node.parent;
  }

  /** Recomputes the value of a node and of all above it. */
  public static void propagate(RbNode from, RbAugment augment) {
    if (augment == RbAugment.NONE) {
      return;
    }
    for (RbNode node = from; node != null; node = node.parent) {
      augment.recompute(node);
    }
  }

  private static RbNode leftmost(RbNode from) {
    RbNode node = from;
    while (node.left != null) {
      node = node.left;
    }
    return node;
  }

  private static boolean isBlack(@Nullable RbNode node) {
    return node == null || !node.red;
  }

  private static void adopt(RbNode parent, @Nullable RbNode child) {
    if (child != null) {
      child.parent = parent;
    }
  }

  /** Lets whatever points down to {@code old} point to {@code now}, and {@code now} up. */
  private static void changeChild(RbRoot root, RbNode old, @Nullable RbNode now) {
    RbNode parent = old.parent;
    if (parent == null) {
      root.node = now;
    } else if (parent.left == old) {
      parent.left = now;
    } else {
      parent.right = now;
    }
    if (now != null) {
      now.parent = parent;
    }
  }

  /** Turns a node down to the left (or right); its child of the other side takes its place. */
  private static void rotate(RbRoot root, RbNode node, boolean toLeft, RbAugment augment) {
    RbNode riser = Objects.requireNonNull(toLeft ? node.right : node.left);
    RbNode inner = toLeft ? riser.left : riser.right;
    changeChild(root, node, riser);
    if (toLeft) {
      node.right = inner;
      riser.left = node;
    } else {
      node.left = inner;
      riser.right = node;
    }
    adopt(node, inner);
    node.parent = riser;
    augment.recompute(node);
    augment.recompute(riser);
  }
}
