// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An exclusive lock: a spinlock or a mutex, as its {@link LockClass} says.
 *
 * <p>Not reentrant, and not owned: whoever holds it may hand it on. One word and two references, so
 * that each page table can have its own; an uncontended pair of lock and unlock costs one
 * compare-and-set.
 */
public final class KernelLock {
  private static final VarHandle LOCKED;

  static {
    try {
      LOCKED = MethodHandles.lookup().findVarHandle(KernelLock.class, "locked", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Sched sched;
  private final LockClass lockClass;

  @SuppressWarnings("UnusedVariable") // through LOCKED
  private volatile boolean locked;

  public KernelLock(Sched sched, LockClass lockClass) {
    this.sched = sched;
    this.lockClass = lockClass;
  }

  public void lock() {
    sched.acquiring(lockClass, this, 0);
    take();
  }

  /** Takes a second lock of the class: spin_lock_nested. */
  public void lockNested() {
    sched.acquiringNested(lockClass, this, 0);
    take();
  }

  private void take() {
    for (int attempt = 0; !LOCKED.compareAndSet(this, false, true); attempt++) {
      sched.contended(lockClass, attempt);
    }
    sched.acquired(lockClass, this, 0);
  }

  public boolean tryLock() {
    if (!LOCKED.compareAndSet(this, false, true)) {
      return false;
    }
    sched.acquired(lockClass, this, 0);
    return true;
  }

  /** Releases the lock; an error where nobody holds it. */
  public void unlock() {
    if (!locked) {
      throw new IllegalStateException(lockClass.kernelName() + " is not held");
    }
    LOCKED.setRelease(this, false);
    sched.released(lockClass, this, 0);
  }

  public boolean isLocked() {
    return locked;
  }
}
