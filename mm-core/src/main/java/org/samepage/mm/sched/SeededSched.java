// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.units.SplitMix64;

/**
 * Runs threads one at a time and picks the next from a seed, so that a schedule can be had again.
 *
 * <p>Each hook but {@link #acquired} is a place where another thread may go on. A thread that finds
 * a lock taken waits until some lock is released; where all wait, that is a deadlock. Only threads
 * that {@link #run} started are scheduled: others must not act while it runs. A loop that tries
 * instead of waiting is not seen as a deadlock, but ends at the {@linkplain #limitSwitchPoints
 * limit}.
 *
 * <p>Each thread is as likely to be next as any other; or, with a rate at which threads fall
 * behind, one runs on until it waits or falls behind all others, where it stays until those wait.
 * The latter finds what needs a thread to rest at one place while others do much; it is the
 * scheduler of Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010), with change points at a rate.
 */
public final class SeededSched extends Sched {
  private final long seed;
  private final SplitMix64 random;

  /** At one of so many places a thread falls behind; 0 for threads that are all alike. */
  private final int oneIn;

  // Written by the thread whose turn it is, alone; turn hands them on.
  private final List<Worker> alive = new ArrayList<>();
  private long traceHash;
  private long switchPoints;
  private long mostSwitchPoints = Long.MAX_VALUE;

  /** The rank of the thread that fell behind last. */
  private long lowest;

  private @Nullable Throwable failure;
  private BooleanSupplier idle = () -> false;
  private volatile @Nullable Worker turn;

  /** A thread, and whether it waits for a lock. */
  private static final class Worker {
    final int index;
    final Thread thread;
    boolean waits;

    /** The ready one with the highest is next, where threads fall behind. */
    long rank;

    /** Where it sleeps; then no lock's release ends that. */
    @Nullable WaitQueue queue;

    Worker(int index, Body body) {
      this.index = index;
      this.thread = Thread.ofVirtual().name("seeded-" + index).unstarted(() -> body.run(this));
    }
  }

  /** What a thread does, given who it is. */
  private interface Body {
    void run(Worker self);
  }

  /** Unwinds the threads that are left after one failed. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stopped() {
      super("another thread failed", null, false, false);
    }
  }

  /** A scheduler to which all threads are alike. */
  public SeededSched(long seed) {
    this(seed, 0);
  }

  /**
   * A scheduler that runs one thread as long as it can.
   *
   * @param oneIn at one of so many places the thread that runs falls behind all others; 0 for
   *     threads that are all alike
   */
  public SeededSched(long seed, int oneIn) {
    this.seed = seed;
    this.random = new SplitMix64(seed);
    this.oneIn = oneIn;
  }

  /** Fails once there were more places than this: a thread runs in circles. */
  public void limitSwitchPoints(long most) {
    mostSwitchPoints = most;
  }

  /** A number that depends on who ran at each place, and on what was called there. */
  public long traceHash() {
    return traceHash;
  }

  /** The places so far where another thread could have gone on. */
  public long switchPoints() {
    return switchPoints;
  }

  /**
   * Runs each body on a thread of its own, one at a time, until all have ended.
   *
   * @throws IllegalStateException with the seed, where a body failed first or all waited
   */
  public void run(List<Runnable> bodies) {
    failure = null;
    List<Worker> workers = new ArrayList<>();
    for (Runnable body : bodies) {
      workers.add(new Worker(workers.size(), me -> live(me, body)));
    }
    for (Worker worker : workers) {
      worker.rank = oneIn == 0 ? 0 : random.next() >>> 1;
    }
    alive.addAll(workers);
    for (Worker worker : workers) {
      worker.thread.start();
    }
    handTo(pick());
    for (Worker worker : workers) {
      join(worker.thread);
    }
    Throwable first = failure;
    if (first != null) {
      throw new IllegalStateException("seed %d: %s".formatted(seed, first.getMessage()), first);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void live(Worker me, Runnable body) {
    awaitTurn(me);
    try {
      if (failure == null) {
        body.run();
      }
    } catch (Throwable e) { // an assertion that failed, too
      fail(e);
    } finally {
      alive.remove(me);
      handTo(pick());
    }
  }

  private void fail(Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  /** The next thread to run; null where none is left. */
  private @Nullable Worker pick() {
    if (alive.isEmpty()) {
      return null;
    }
    int ready = 0;
    for (Worker worker : alive) {
      ready += worker.waits ? 0 : 1;
    }
    if (ready == 0 && idle.getAsBoolean()) {
      return pick(); // a timer came, and woke somebody
    }
    if (ready == 0) {
      fail(new IllegalStateException("deadlock: all " + alive.size() + " threads wait"));
    }
    if (failure != null) {
      return alive.get(0); // to unwind it
    }
    if (oneIn != 0) {
      return highest();
    }
    int nth = (int) Long.remainderUnsigned(random.next(), ready);
    for (Worker worker : alive) {
      if (!worker.waits && nth-- == 0) {
        return worker;
      }
    }
    throw new AssertionError();
  }

  private Worker highest() {
    Worker best = null;
    for (Worker worker : alive) {
      if (!worker.waits && (best == null || worker.rank > best.rank)) {
        best = worker;
      }
    }
    return Objects.requireNonNull(best);
  }

  private void handTo(@Nullable Worker next) {
    turn = next;
    if (next != null) {
      LockSupport.unpark(next.thread);
    }
  }

  private void awaitTurn(Worker me) {
    while (turn != me) {
      LockSupport.park(this);
    }
  }

  /** The worker that calls; null for a thread that is not scheduled. */
  private @Nullable Worker self() {
    Worker running = turn;
    return running != null && running.thread == Thread.currentThread() ? running : null;
  }

  private static int kind(int hook, LockClass lockClass) {
    return hook + 31 * lockClass.kernelName().hashCode();
  }

  private void switchPoint(int kind, boolean waits) {
    Worker me = self();
    if (me == null) {
      return;
    }
    stopIfFailed();
    switchPoints++;
    if (switchPoints > mostSwitchPoints) {
      fail(new IllegalStateException("no end after " + mostSwitchPoints + " places"));
      throw new Stopped();
    }
    if (oneIn != 0 && Long.remainderUnsigned(random.next(), oneIn) == 0) {
      me.rank = --lowest;
    }
    traceHash = SplitMix64.mix(traceHash + ((long) me.index << 32) + kind);
    me.waits = waits;
    Worker next = pick();
    if (next != me) {
      handTo(next);
      awaitTurn(me);
    }
    stopIfFailed();
  }

  private void stopIfFailed() {
    if (failure != null) {
      throw new Stopped();
    }
  }

  @Override
  protected void reschedHook() {
    switchPoint(4, false);
  }

  @Override
  public void yieldPoint() {
    switchPoint(5, false);
  }

  @Override
  public void mightSleep() {
    switchPoint(6, false);
  }

  @Override
  public void acquiring(LockClass lockClass, Object lock, int id) {
    switchPoint(kind(1, lockClass), false);
  }

  @Override
  public void acquired(LockClass lockClass, Object lock, int id) {}

  @Override
  public void released(LockClass lockClass, Object lock, int id) {
    if (self() != null) {
      for (Worker worker : alive) {
        worker.waits = worker.queue != null;
      }
    }
    switchPoint(kind(2, lockClass), false);
  }

  @Override
  protected void sleepOn(WaitQueue queue, long seen) {
    Worker me = self();
    if (me == null) {
      throw new IllegalStateException("a thread that is not scheduled would sleep");
    }
    boolean sleeps = queue.wakeUps() == seen;
    me.queue = sleeps ? queue : null;
    switchPoint(7, sleeps);
  }

  @Override
  protected void wokenUp(WaitQueue queue) {
    for (Worker worker : alive) {
      if (worker.queue == queue) {
        worker.queue = null;
        worker.waits = false;
      }
    }
  }

  @Override
  public void whenIdle(BooleanSupplier timePasses) {
    idle = timePasses;
  }

  @Override
  public void contended(LockClass lockClass, int attempt) {
    if (self() == null) {
      throw new IllegalStateException(
          lockClass.kernelName() + " is held, and this thread is not scheduled");
    }
    switchPoint(kind(3, lockClass), true);
  }
}
