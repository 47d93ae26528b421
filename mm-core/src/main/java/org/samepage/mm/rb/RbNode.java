// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.rb;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** What makes a thing a node of a red-black tree. */
@PortedFrom(
    value = "include/linux/rbtree_types.h:rb_node",
    fidelity = Fidelity.ADAPTED,
    differs = "a base class instead of a member; the colour has a field of its own")
public abstract class RbNode {
  @Nullable RbNode parent;
  @Nullable RbNode left;
  @Nullable RbNode right;
  boolean red;

  public final @Nullable RbNode rbLeft() {
    return left;
  }

  public final @Nullable RbNode rbRight() {
    return right;
  }
}
