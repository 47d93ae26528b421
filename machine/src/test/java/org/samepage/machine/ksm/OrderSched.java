// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import java.util.ArrayList;
import java.util.List;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.testing.OneThread;

/** Writes down which locks are released, while asked to. */
final class OrderSched extends OneThread {
  final List<LockClass> released = new ArrayList<>();
  boolean records;

  @Override
  public void released(LockClass lockClass, Object lock, int id) {
    if (records) {
      released.add(lockClass);
    }
  }
}
