// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mempolicy.c.
package org.samepage.mm.phys;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * From which nodes memory is taken. Two that say the same are equal.
 *
 * @param mode one of {@code MPOL_*}, but never {@link #MPOL_DEFAULT}, which is no policy at all
 * @param nodes a bit for each node; none with {@link #MPOL_LOCAL}
 */
@PortedFrom(
    value = {"include/linux/mempolicy.h:mempolicy", "mm/mempolicy.c:__mpol_equal"},
    fidelity = Fidelity.SIMPLIFIED,
    differs = "no interleaving, no flags, no home node; without a count, for it never changes")
public record Mempolicy(int mode, long nodes) {
  /** The task's own: the node that it runs on. */
  public static final int MPOL_DEFAULT = 0;

  /** From this node first. */
  public static final int MPOL_PREFERRED = 1;

  /** From these nodes, and from no other. */
  public static final int MPOL_BIND = 2;

  public static final int MPOL_INTERLEAVE = 3;

  /** From the node that the task runs on first. */
  public static final int MPOL_LOCAL = 4;

  public static final int MPOL_PREFERRED_MANY = 5;
  public static final int MPOL_WEIGHTED_INTERLEAVE = 6;

  /** The nodes that memory may come from at all. */
  @PortedFrom(
      value = "mm/mempolicy.c:policy_nodemask",
      fidelity = Fidelity.ADAPTED,
      differs = "all nodes for null; the node to try first is another method's")
  long policyNodemask() {
    return mode == MPOL_BIND ? nodes : ~0L;
  }

  /**
   * The node to try first.
   *
   * @param local the one that the task runs on
   */
  int firstNode(int local) {
    return mode == MPOL_PREFERRED ? Long.numberOfTrailingZeros(nodes) : local;
  }
}
