// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * A read-write semaphore: many readers or one writer; a waiting writer holds up new readers.
 *
 * <p>Not reentrant, and not owned.
 */
@PortedFrom(
    value = "include/linux/rwsem.h:rw_semaphore",
    fidelity = Fidelity.ADAPTED,
    differs = "waiters poll through the scheduler seam instead of queueing")
public final class RwSem {
  private static final int WRITER = 1 << 31;
  private static final int WRITER_WAITS = 1 << 30;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(RwSem.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Sched sched;
  private final LockClass lockClass;

  /** The number of readers in the low bits, or {@link #WRITER}; with it {@link #WRITER_WAITS}. */
  private volatile int state;

  public RwSem(Sched sched, LockClass lockClass) {
    this.sched = sched;
    this.lockClass = lockClass;
  }

  public void readLock() {
    sched.acquiring(lockClass, this, 0);
    for (int attempt = 0; !tryRead(); attempt++) {
      sched.contended(lockClass, attempt);
    }
    sched.acquired(lockClass, this, 0);
  }

  public boolean readTryLock() {
    if (!tryRead()) {
      return false;
    }
    sched.acquired(lockClass, this, 0);
    return true;
  }

  private boolean tryRead() {
    int seen = state;
    while ((seen & (WRITER | WRITER_WAITS)) == 0) {
      if (STATE.compareAndSet(this, seen, seen + 1)) {
        return true;
      }
      seen = state;
    }
    return false;
  }

  public void readUnlock() {
    int before = (int) STATE.getAndAdd(this, -1);
    if ((before & ~(WRITER | WRITER_WAITS)) == 0) {
      STATE.getAndAdd(this, 1);
      throw new IllegalStateException(lockClass.kernelName() + " is not held for reading");
    }
    sched.released(lockClass, this, 0);
  }

  public void writeLock() {
    sched.acquiring(lockClass, this, 0);
    takeForWriting();
  }

  /** Takes a second semaphore of the class: down_write_nested. */
  public void writeLockNested() {
    sched.acquiringNested(lockClass, this, 0);
    takeForWriting();
  }

  private void takeForWriting() {
    for (int attempt = 0; !tryWrite(); attempt++) {
      STATE.getAndBitwiseOr(this, WRITER_WAITS);
      sched.contended(lockClass, attempt);
    }
    sched.acquired(lockClass, this, 0);
  }

  private boolean tryWrite() {
    return STATE.compareAndSet(this, 0, WRITER) || STATE.compareAndSet(this, WRITER_WAITS, WRITER);
  }

  public void writeUnlock() {
    if ((state & WRITER) == 0) {
      throw new IllegalStateException(lockClass.kernelName() + " is not held for writing");
    }
    STATE.getAndBitwiseAnd(this, ~WRITER);
    sched.released(lockClass, this, 0);
  }

  /** Makes a writer a reader, with nobody else in between. */
  @PortedFrom("include/linux/rwsem.h:downgrade_write")
  public void downgradeWrite() {
    assertWriteLocked();
    STATE.getAndAdd(this, 1);
    STATE.getAndBitwiseAnd(this, ~WRITER);
  }

  /** Whether anybody holds it, for reading or for writing. */
  public boolean isLocked() {
    return (state & ~WRITER_WAITS) != 0;
  }

  public boolean isWriteLocked() {
    return (state & WRITER) != 0;
  }

  /** Fails where nobody holds it: the port's mmap_assert_locked and its like. */
  public void assertLocked() {
    if (!isLocked()) {
      throw new IllegalStateException(lockClass.kernelName() + " must be held");
    }
  }

  /** Fails where nobody holds it for writing. */
  public void assertWriteLocked() {
    if (!isWriteLocked()) {
      throw new IllegalStateException(lockClass.kernelName() + " must be held for writing");
    }
  }
}
