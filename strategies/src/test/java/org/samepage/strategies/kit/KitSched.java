// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import org.samepage.mm.sched.LockClass;
import org.samepage.mm.testing.OneThread;

/** Lets a test act where another task could. */
public final class KitSched extends OneThread {
  /** Called at each cond_resched. */
  public Runnable onResched = () -> {};

  /** Called once, before the next lock of its class is taken; then forgotten. */
  private Runnable onNextLock = () -> {};

  private LockClass nextLock = LockClass.PTE_LOCK;

  /** Called after a lock on a table was released. */
  public Runnable onTableUnlocked = () -> {};

  /**
   * Lets something happen between the look at an entry and the lock that makes sure of it.
   *
   * @param lockClass PTE_LOCK or PMD_LOCK
   */
  public void beforeNext(LockClass lockClass, Runnable happens) {
    nextLock = lockClass;
    onNextLock = happens;
  }

  @Override
  protected void reschedHook() {
    onResched.run();
  }

  @Override
  public void acquiring(LockClass lockClass, Object lock, int id) {
    if (lockClass == nextLock) {
      Runnable happens = onNextLock;
      onNextLock = () -> {};
      happens.run();
    }
  }

  @Override
  public void released(LockClass lockClass, Object lock, int id) {
    if (lockClass == LockClass.PTE_LOCK || lockClass == LockClass.PMD_LOCK) {
      onTableUnlocked.run();
    }
  }
}
