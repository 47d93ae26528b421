// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.rb;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Keeps a value in each node that depends on the node and its children. */
@PortedFrom(
    value = "include/linux/rbtree_augmented.h:rb_augment_callbacks",
    fidelity = Fidelity.ADAPTED,
    differs = "one callback that recomputes a node, where C has three")
@FunctionalInterface
public interface RbAugment {
  /** No value is kept. */
  RbAugment NONE = node -> {};

  /** Sets the node's value from the node itself and its children. */
  void recompute(RbNode node);
}
