// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.time;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** What ported code reads as time, and what wakes it when some has passed. */
public interface KernelClock {
  /** Ticks that never pass, to which others can be added. */
  @PortedFrom("include/linux/jiffies.h:MAX_JIFFY_OFFSET")
  long MAX_JIFFY_OFFSET = (Long.MAX_VALUE >> 1) - 1;

  /** Monotonic time since boot [ns]. */
  @PortedFrom("kernel/time/timekeeping.c:ktime_get")
  long ktimeGet();

  /** Monotonic time since boot in ticks; a tick is a millisecond, as with HZ=1000. */
  @PortedFrom(
      value = "include/linux/jiffies.h:jiffies",
      fidelity = Fidelity.ADAPTED,
      differs = "derived from the clock, HZ is 1000")
  default long jiffies() {
    return ktimeGet() / 1_000_000;
  }

  /**
   * A time as ticks.
   *
   * @param millis more than {@link Integer#MAX_VALUE} as unsigned: for ever
   */
  @PortedFrom(
      value = "include/linux/jiffies.h:msecs_to_jiffies",
      fidelity = Fidelity.ADAPTED,
      differs = "HZ is 1000")
  static long msecsToJiffies(int millis) {
    return millis < 0 ? MAX_JIFFY_OFFSET : millis;
  }

  /**
   * Calls back once, when a time has come.
   *
   * @param expires as {@link #ktimeGet} [ns]
   * @param function must not wait for anything; called by whoever moves the clock
   */
  Timer addTimer(long expires, Runnable function);

  /** A callback that is to come. */
  interface Timer {
    /** Calls it off, if it has not come yet. */
    @PortedFrom("kernel/time/timer.c:timer_delete")
    void timerDelete();
  }
}
