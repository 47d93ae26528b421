// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.testing;

import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.WaitQueue;

/** For a test that has one thread, and does something at some of these calls: it must not wait. */
public class OneThread extends FreeRunning {
  @Override
  public void contended(LockClass lockClass, int attempt) {
    throw new IllegalStateException("one thread waits for itself: " + lockClass.kernelName());
  }

  @Override
  protected void sleepOn(WaitQueue queue, long seen) {
    throw new IllegalStateException("nobody would wake it");
  }
}
