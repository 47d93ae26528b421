// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.SeededSched;

/** Runs several things at once on one machine, and fails where one of them does. */
public final class Together {
  private Together() {}

  /**
   * Runs workers on a thread each, until all are done.
   *
   * @param checker the machine's; hears of what fails
   * @param seed for the message
   * @param beside done again and again meanwhile, on one more thread
   */
  public static void run(
      LockChecker checker, long seed, List<? extends Runnable> workers, Runnable beside)
      throws InterruptedException {
    AtomicInteger running = new AtomicInteger(workers.size());
    List<Thread> threads = new ArrayList<>();
    for (Runnable worker : workers) {
      threads.add(
          start(
              checker,
              () -> {
                try {
                  worker.run();
                } finally {
                  running.decrementAndGet();
                }
              }));
    }
    threads.add(
        start(
            checker,
            () -> {
              while (running.get() > 0 && checker.failure() == null) {
                beside.run();
              }
            }));
    for (Thread thread : threads) {
      thread.join();
    }
    rethrow(checker, seed);
  }

  private static Thread start(LockChecker checker, Runnable body) {
    return Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> checker.stop(e)).start(body);
  }

  /** Fails with what failed on a thread, or what the lock checker saw. */
  public static void rethrow(LockChecker checker, long seed) {
    Throwable failure = checker.failure();
    if (failure != null) {
      throw new AssertionError("seed " + seed + ": " + failure, failure);
    }
  }

  /**
   * Runs workers, and some rounds of something beside them, in the order of a seed.
   *
   * @return what stands for that order
   */
  public static long seeded(
      SeededSched sched,
      LockChecker checker,
      List<? extends Runnable> workers,
      int rounds,
      Runnable beside)
      throws InterruptedException {
    List<Runnable> bodies = new ArrayList<>(workers);
    bodies.add(() -> {
      for (int i = 0; i < rounds; i++) {
        beside.run();
      }
    });
    sched.run(bodies);
    if (checker.failure() != null) {
      throw new AssertionError(checker.failure());
    }
    return sched.traceHash();
  }
}
