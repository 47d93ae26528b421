// SPDX-License-Identifier: GPL-2.0-only
// Ported from kernel/sched/clock.c.
package org.samepage.mm.sched;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The clock that durations in trace events are taken by: real time, whatever a machine's says. */
public final class SchedClock {
  private SchedClock() {}

  /** Nanoseconds since some moment. */
  @PortedFrom(
      value = "kernel/sched/clock.c:local_clock",
      fidelity = Fidelity.ADAPTED,
      differs = "the JVM's clock; the same for all CPUs")
  public static long localClock() {
    return System.nanoTime();
  }
}
