// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks each thread's locks against {@link LockClass}, and leaves waiting to another scheduler.
 *
 * <p>An error is a lock of a class that is above one held already, or of the same class unless it
 * is nested; a lock that the thread has; a lock that sleeps, or {@link #mightSleep}, under one that
 * does not; and the release of a lock by a thread that does not hold it. A try cannot wait, so it
 * is in order anywhere, but what it took counts for what follows. A folio lock may be released by
 * any thread, as in the kernel.
 *
 * <p>The first error stays: from then on nobody waits for a lock any more, because its holder may
 * be the thread that failed.
 */
public final class LockChecker extends Sched {
  private final Sched below;
  private final ThreadLocal<List<Held>> held = ThreadLocal.withInitial(ArrayList::new);

  /** All folio locks, each holder's before the next one's. */
  private final Queue<Held> folios = new ConcurrentLinkedQueue<>();

  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private static final class Held {
    final LockClass lockClass;
    final Object lock;
    final int id;

    /** Another thread has released it. */
    volatile boolean gone;

    Held(LockClass lockClass, Object lock, int id) {
      this.lockClass = lockClass;
      this.lock = lock;
      this.id = id;
    }

    boolean is(Object otherLock, int otherId) {
      return lock == otherLock && id == otherId;
    }
  }

  /** A checker whose threads run freely. */
  public LockChecker() {
    this(new FreeRunning());
  }

  /**
   * A checker in front of another scheduler.
   *
   * @param below is told of everything that is in order
   */
  public LockChecker(Sched below) {
    this.below = below;
  }

  /** The first error, or what {@link #stop} was given; null where there was none. */
  public @Nullable Throwable failure() {
    return failure.get();
  }

  /** Lets nobody wait for a lock from now on: a thread failed, perhaps with locks held. */
  public void stop(Throwable cause) {
    failure.compareAndSet(null, cause);
  }

  @Override
  protected void reschedHook() {
    checkSleep("cond_resched()");
    below.reschedHook();
  }

  @Override
  public void yieldPoint() {
    below.yieldPoint();
  }

  @Override
  public void acquiring(LockClass lockClass, Object lock, int id) {
    checkOrder(lockClass, lock, id, false);
    below.acquiring(lockClass, lock, id);
  }

  @Override
  public void acquiringNested(LockClass lockClass, Object lock, int id) {
    checkOrder(lockClass, lock, id, true);
    below.acquiringNested(lockClass, lock, id);
  }

  private void checkOrder(LockClass lockClass, Object lock, int id, boolean nested) {
    for (Held other : mine()) {
      if (other.is(lock, id)) {
        throw error("%s is taken by the thread that holds it".formatted(name(lockClass, id)));
      }
      String names = name(lockClass, id) + " is taken under " + name(other.lockClass, other.id);
      if (lockClass.sleeps() && !other.lockClass.sleeps()) {
        throw error(names + ", which does not sleep");
      }
      int order = lockClass.compareTo(other.lockClass);
      if (order < 0) {
        throw error(names + ", which is the inner one");
      }
      if (order == 0 && !nested) {
        throw error(names + ", which is of its class");
      }
    }
  }

  @Override
  public void acquired(LockClass lockClass, Object lock, int id) {
    Held taken = new Held(lockClass, lock, id);
    mine().add(taken);
    if (lockClass == LockClass.FOLIO_LOCK) {
      folios.add(taken);
    }
    below.acquired(lockClass, lock, id);
  }

  @Override
  public void released(LockClass lockClass, Object lock, int id) {
    if (!releaseOwn(lock, id)) {
      if (lockClass != LockClass.FOLIO_LOCK) {
        throw error(name(lockClass, id) + " is released by a thread that does not hold it");
      }
      releaseOther(lock, id);
    }
    below.released(lockClass, lock, id);
  }

  private boolean releaseOwn(Object lock, int id) {
    List<Held> mine = mine();
    for (int i = mine.size() - 1; i >= 0; i--) {
      if (mine.get(i).is(lock, id)) {
        Held last = mine.remove(i);
        folios.remove(last);
        return true;
      }
    }
    return false;
  }

  private void releaseOther(Object lock, int id) {
    for (Held other : folios) {
      if (other.is(lock, id)) {
        other.gone = true;
        folios.remove(other);
        return;
      }
    }
  }

  private List<Held> mine() {
    List<Held> mine = held.get();
    mine.removeIf(one -> one.gone);
    return mine;
  }

  @Override
  public void contended(LockClass lockClass, int attempt) {
    Throwable first = failure.get();
    if (first != null) {
      throw new IllegalStateException(
          "nobody waits for %s after: %s".formatted(lockClass.kernelName(), first), first);
    }
    below.contended(lockClass, attempt);
  }

  @Override
  protected void sleepOn(WaitQueue queue, long seen) {
    checkSleep("wait_event()");
    below.sleepOn(queue, seen);
  }

  @Override
  protected void wokenUp(WaitQueue queue) {
    below.wokenUp(queue);
  }

  @Override
  public void whenIdle(BooleanSupplier timePasses) {
    below.whenIdle(timePasses);
  }

  @Override
  public void mightSleep() {
    checkSleep("might_sleep()");
    below.mightSleep();
  }

  private void checkSleep(String what) {
    for (Held other : mine()) {
      if (!other.lockClass.sleeps()) {
        throw error(what + " is called under " + name(other.lockClass, other.id));
      }
    }
  }

  private IllegalStateException error(String message) {
    IllegalStateException error = new IllegalStateException(message);
    stop(error);
    return error;
  }

  private static String name(LockClass lockClass, int id) {
    return lockClass == LockClass.FOLIO_LOCK
        ? "%s %d".formatted(lockClass.kernelName(), id)
        : lockClass.kernelName();
  }
}
