// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.rb;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.PortedFrom;

/** A tree: where its root node hangs. */
@PortedFrom("include/linux/rbtree_types.h:rb_root")
public final class RbRoot {
  @Nullable RbNode node;

  public @Nullable RbNode rbNode() {
    return node;
  }

  public boolean isEmpty() {
    return node == null;
  }

  /** Forgets all nodes without touching them: the kernel's assignment of RB_ROOT. */
  public void reset() {
    node = null;
  }
}
