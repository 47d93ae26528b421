// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.machine.testing.TestMachine;
import org.samepage.machine.testing.Together;
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
      Together.run(checker, seed, workers, () -> m.machine.ksm().ksmd().batch(KSMD_PAGES));
      m.passes(2);
      for (StressWorker worker : workers) {
        worker.checkAll();
      }
      Together.rethrow(checker, seed);
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
      return Together.seeded(
          sched,
          checker,
          workers(m, 3, seed, 25),
          6,
          () -> m.machine.ksm().ksmd().batch(KSMD_PAGES));
    }
  }
}
