// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.state;

import org.samepage.mm.alloc.FailureInjection;
import org.samepage.mm.alloc.KmemCache;
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

  public KsmCaches(Sched sched, FailureInjection failures) {
    this.rmapItem = new KmemCache("ksm_rmap_item", sched, failures);
    this.stableNode = new KmemCache("ksm_stable_node", sched, failures);
    this.mmSlot = new KmemCache("ksm_mm_slot", sched, failures);
  }
}
