// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/rmap.h.
package org.samepage.rmap.trace;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The probes that are told. Without one, a walk is as without this. Safe for many threads. */
@PortedFrom(
    value = "include/linux/tracepoint.h:tracepoint",
    fidelity = Fidelity.ADAPTED,
    differs = "one for all events of the file")
public final class RmapTracepoints {
  private static final RmapTrace[] NONE = {};

  private final LongSupplier clock;
  private volatile RmapTrace[] probes = NONE;

  /**
   * Nobody is told yet.
   *
   * @param clock says how late it is, by some clock that goes on during a walk [ns]
   */
  public RmapTracepoints(LongSupplier clock) {
    this.clock = clock;
  }

  /** Tells this probe too, from the next walk on. */
  @PortedFrom("kernel/tracepoint.c:tracepoint_probe_register")
  public synchronized void tracepointProbeRegister(RmapTrace probe) {
    RmapTrace[] more = Arrays.copyOf(probes, probes.length + 1);
    more[probes.length] = probe;
    probes = more;
  }

  /** Tells it no more. */
  @PortedFrom("kernel/tracepoint.c:tracepoint_probe_unregister")
  public synchronized void tracepointProbeUnregister(RmapTrace probe) {
    probes = Arrays.stream(probes).filter(p -> p != probe).toArray(RmapTrace[]::new);
  }

  /** Whether anybody wants to be told. */
  public boolean enabled() {
    for (RmapTrace probe : probes) {
      if (probe.isEnabled()) {
        return true;
      }
    }
    return false;
  }

  /** How late it is [ns]. */
  public long now() {
    return clock.getAsLong();
  }

  /** Tells all probes. */
  public void emit(Consumer<RmapTrace> event) {
    for (RmapTrace probe : probes) {
      event.accept(probe);
    }
  }
}
