// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import java.util.concurrent.locks.LockSupport;

/** Leaves scheduling to the operating system: every hook is empty but the one that waits. */
public class FreeRunning extends Sched {
  private static final int SPINS = 64;
  private static final long PARK_NANOS = 20_000;

  @Override
  protected void reschedHook() {}

  @Override
  public void yieldPoint() {}

  @Override
  public void acquiring(LockClass lockClass, Object lock, int id) {}

  @Override
  public void acquired(LockClass lockClass, Object lock, int id) {}

  @Override
  public void released(LockClass lockClass, Object lock, int id) {}

  @Override
  public void contended(LockClass lockClass, int attempt) {
    if (attempt < SPINS) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(PARK_NANOS);
    }
  }

  @Override
  protected void sleepOn(WaitQueue queue, long seen) {
    synchronized (queue) {
      while (queue.wakeUps() == seen) {
        try {
          queue.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("interrupted", e);
        }
      }
    }
  }

  @Override
  protected void wokenUp(WaitQueue queue) {
    synchronized (queue) {
      queue.notifyAll();
    }
  }

  @Override
  public void mightSleep() {}
}
