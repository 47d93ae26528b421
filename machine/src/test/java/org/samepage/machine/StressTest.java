// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.SeededSched;

/** Threads that change address spaces of their own on one machine, with ksmd at work on all. */
final class StressTest {
  private static final int THREADS = 8;
  private static final int OPERATIONS = 400;
  private static final int KSMD_PAGES = 64;

  private static List<StressWorker> workers(TestMachine m, int threads, long seed, int operations)
      throws SyscallException {
    List<StressWorker> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(new StressWorker(m, seed * THREADS + i, operations));
    }
    return workers;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void eight_threads_and_ksmd_read_what_they_wrote(long seed) throws Exception {
    LockChecker checker = new LockChecker();
    try (TestMachine m = TestMachine.boot(checker, "linux-6.18")) {
      List<StressWorker> workers = workers(m, THREADS, seed, OPERATIONS);
      AtomicInteger running = new AtomicInteger(THREADS);
      List<Thread> threads = new ArrayList<>();
      for (StressWorker worker : workers) {
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
                  m.machine.ksm().ksmd().batch(KSMD_PAGES);
                }
              }));
      for (Thread thread : threads) {
        thread.join();
      }
      rethrow(checker, seed);
      m.passes(2);
      for (StressWorker worker : workers) {
        worker.checkAll();
      }
      rethrow(checker, seed);
    }
  }

  private static Thread start(LockChecker checker, Runnable body) {
    return Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> checker.stop(e)).start(body);
  }

  private static void rethrow(LockChecker checker, long seed) {
    Throwable failure = checker.failure();
    if (failure != null) {
      throw new AssertionError("seed " + seed + ": " + failure, failure);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void a_seeded_schedule_of_three_threads_and_ksmd_ends_the_same(long seed) throws Exception {
    assertThat(seeded(seed)).as("seed " + seed).isEqualTo(seeded(seed));
  }

  private static long seeded(long seed) throws Exception {
    SeededSched sched = new SeededSched(seed);
    LockChecker checker = new LockChecker(sched);
    try (TestMachine m = TestMachine.boot(checker, "linux-6.18")) {
      List<Runnable> bodies = new ArrayList<>(workers(m, 3, seed, 25));
      bodies.add(() -> {
        for (int i = 0; i < 6; i++) {
          m.machine.ksm().ksmd().batch(KSMD_PAGES);
        }
      });
      sched.run(bodies);
      assertThat(checker.failure()).isNull();
    }
    return sched.traceHash();
  }
}
