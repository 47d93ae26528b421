// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/rmap.h.
package org.samepage.rmap.trace;

import java.util.function.LongSupplier;
import org.samepage.mm.trace.Tracepoints;

/** Who is told of walks, and the clock that times them. */
public final class RmapTracepoints extends Tracepoints<RmapTrace> {
  private final LongSupplier clock;

  /**
   * Nobody is told yet.
   *
   * @param clock says how late it is, by some clock that goes on during a walk [ns]
   */
  public RmapTracepoints(LongSupplier clock) {
    super(RmapTrace[]::new);
    this.clock = clock;
  }

  /** How late it is [ns]. */
  public long now() {
    return clock.getAsLong();
  }
}
