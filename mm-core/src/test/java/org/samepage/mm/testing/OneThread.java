// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.testing;

import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.WaitQueue;

/** For a test that has one thread, and does something at some of these calls. */
public class OneThread extends Sched {
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
    throw new IllegalStateException("one thread waits for itself: " + lockClass.kernelName());
  }

  @Override
  protected void sleepOn(WaitQueue queue, long seen) {
    throw new IllegalStateException("nobody would wake it");
  }

  @Override
  protected void wokenUp(WaitQueue queue) {}

  @Override
  public void mightSleep() {}
}
