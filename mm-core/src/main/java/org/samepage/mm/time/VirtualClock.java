// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.time;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** A clock that stands still until somebody moves it. Safe for many threads. */
public final class VirtualClock implements KernelClock {
  private final PriorityQueue<Pending> timers =
      new PriorityQueue<>(
          Comparator.comparingLong((Pending p) -> p.expires).thenComparingLong(p -> p.order));

  private volatile long now;
  private long added;

  /** A timer; of two for the same time the older one comes first. */
  private final class Pending implements Timer {
    final long expires;
    final long order;
    final Runnable function;

    Pending(long expires, long order, Runnable function) {
      this.expires = expires;
      this.order = order;
      this.function = function;
    }

    @Override
    public void timerDelete() {
      synchronized (timers) {
        timers.remove(this);
      }
    }
  }

  @Override
  public long ktimeGet() {
    return now;
  }

  @Override
  public Timer addTimer(long expires, Runnable function) {
    synchronized (timers) {
      Pending timer = new Pending(expires, added++, function);
      timers.add(timer);
      return timer;
    }
  }

  /** Lets time pass; timers that come due are called, in order, each at its time. */
  public void advanceNanos(long by) {
    if (by < 0) {
      throw new IllegalArgumentException("time does not go back: " + by);
    }
    long until;
    synchronized (timers) {
      until = now + by;
    }
    for (Pending timer = due(until); timer != null; timer = due(until)) {
      timer.function.run();
    }
  }

  /**
   * Lets time pass until the next timer.
   *
   * @return whether there was one
   */
  public boolean advanceToNextTimer() {
    Pending timer = due(Long.MAX_VALUE);
    if (timer == null) {
      return false;
    }
    timer.function.run();
    return true;
  }

  /** Takes the first timer up to a time, and moves the clock to it, or to that time. */
  private @Nullable Pending due(long until) {
    synchronized (timers) {
      Pending first = timers.peek();
      if (first != null && first.expires <= until) {
        now = Math.max(now, first.expires);
        return timers.poll();
      }
      now = until == Long.MAX_VALUE ? now : Math.max(now, until);
      return null;
    }
  }
}
