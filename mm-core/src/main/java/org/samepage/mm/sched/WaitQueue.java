// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/wait.h and kernel/sched/wait.c.
package org.samepage.mm.sched;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.time.KernelClock;

/** Where tasks sleep until a condition holds that somebody else brings about. */
@PortedFrom(
    value = "include/linux/wait.h:wait_queue_head",
    fidelity = Fidelity.ADAPTED,
    differs = "sleeping is the scheduler's; signals and freezing end no wait")
public final class WaitQueue {
  private final Sched sched;
  private final KernelClock clock;
  private final AtomicLong wakeUps = new AtomicLong();

  public WaitQueue(Sched sched, KernelClock clock) {
    this.sched = sched;
    this.clock = clock;
  }

  /** How often it was woken so far: one who saw the same figure before has missed nothing. */
  public long wakeUps() {
    return wakeUps.get();
  }

  /** Sleeps until the condition holds; it is looked at before, and after each wake-up. */
  @PortedFrom("include/linux/wait.h:wait_event")
  public void waitEvent(BooleanSupplier condition) {
    while (true) {
      long seen = wakeUps.get();
      if (condition.getAsBoolean()) {
        return;
      }
      sched.sleepOn(this, seen);
    }
  }

  /**
   * As {@link #waitEvent}, but not for longer than this.
   *
   * @param nanos 0 or less looks at the condition once
   * @return whether the condition holds
   */
  @PortedFrom(
      value = "include/linux/wait.h:wait_event_timeout",
      fidelity = Fidelity.ADAPTED,
      differs = "in nanoseconds; does not say how many were left")
  public boolean waitEventTimeout(BooleanSupplier condition, long nanos) {
    if (nanos <= 0) {
      return condition.getAsBoolean();
    }
    long until = clock.ktimeGet() + nanos;
    KernelClock.Timer timer = clock.addTimer(until, this::wakeUp);
    try {
      waitEvent(() -> condition.getAsBoolean() || clock.ktimeGet() >= until);
    } finally {
      timer.timerDelete();
    }
    return condition.getAsBoolean();
  }

  /** Lets all that sleep here look at their conditions again. */
  @PortedFrom("include/linux/wait.h:wake_up")
  public void wakeUp() {
    wakeUps.incrementAndGet();
    sched.wokenUp(this);
  }
}
