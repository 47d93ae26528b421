// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.time;

import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until somebody moves it. */
public final class VirtualClock implements KernelClock {
  private final AtomicLong nanos = new AtomicLong();

  @Override
  public long ktimeGet() {
    return nanos.get();
  }

  public void advanceNanos(long by) {
    if (by < 0) {
      throw new IllegalArgumentException("time does not go back: " + by);
    }
    nanos.addAndGet(by);
  }
}
