// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.state;

import org.samepage.mm.alloc.KmemCache;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;

/** The three kinds of objects that KSM allocates, by the names of their caches. */
@PortedFrom(
    value = {"mm/ksm.c:ksm_slab_init", "mm/ksm.c:ksm_slab_free"},
    fidelity = Fidelity.ADAPTED,
    differs = "making a cache cannot fail; they go with their machine")
public final class KsmCaches {
  public final KmemCache rmapItem;
  public final KmemCache stableNode;
  public final KmemCache mmSlot;

  /** No cache in Linux: the roots of all nodes' trees, when merge_across_nodes first changes. */
  public final KmemCache trees;

  public KsmCaches(Sched sched) {
    this.rmapItem = new KmemCache(Alloc.KSM_RMAP_ITEM, sched);
    this.stableNode = new KmemCache(Alloc.KSM_STABLE_NODE, sched);
    this.mmSlot = new KmemCache(Alloc.KSM_MM_SLOT, sched);
    this.trees = new KmemCache(Alloc.KSM_TREES, sched);
  }
}
