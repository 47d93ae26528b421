// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/rmap.h.
package org.samepage.rmap.trace;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.trace.Probe;

/** A probe: told of each walk when it has ended, with the folio locked. */
public interface RmapTrace extends Probe {
  /**
   * A walk has ended.
   *
   * @param folio its pfn
   * @param rwc the control, for its identity
   * @param durationNs how long it took [ns]
   * @param pageType {@code ksm}, {@code anon} or {@code file}
   * @param locked whether the caller held the locks
   */
  @PortedFrom(
      value = "include/trace/events/rmap.h:rmap_walk",
      fidelity = Fidelity.ADAPTED,
      differs = "the folio is a pfn, not an address")
  default void rmapWalk(int folio, Object rwc, long durationNs, String pageType, boolean locked) {}

  /** What the same walk did; told right after it. */
  default void rmapWalkWork(RmapWalkWork work) {}
}
