// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import java.util.ArrayList;
import java.util.List;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.WaitQueue;

/** For one thread: writes down which locks are released, while asked to. */
final class OrderSched extends Sched {
  final List<LockClass> released = new ArrayList<>();
  boolean records;

  @Override
  public void released(LockClass lockClass, Object lock, int id) {
    if (records) {
      released.add(lockClass);
    }
  }

  @Override
  protected void reschedHook() {}

  @Override
  public void yieldPoint() {}

  @Override
  public void acquiring(LockClass lockClass, Object lock, int id) {}

  @Override
  public void acquired(LockClass lockClass, Object lock, int id) {}

  @Override
  public void contended(LockClass lockClass, int attempt) {
    throw new IllegalStateException(lockClass + " is held");
  }

  @Override
  public void mightSleep() {}

  @Override
  protected void sleepOn(WaitQueue queue, long seen) {
    throw new IllegalStateException("the only thread would sleep");
  }

  @Override
  protected void wokenUp(WaitQueue queue) {}
}
