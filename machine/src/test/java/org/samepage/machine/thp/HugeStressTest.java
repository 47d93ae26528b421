// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.machine.SyscallException;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.testing.TestMachine;
import org.samepage.machine.testing.Together;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.SeededSched;

/**
 * Threads that do everything at once to huge pages of their own and of their children, beside ksmd,
 * whoever splits what waits, and others who move, swap out and split the pages of them all and take
 * their frames out of use: each process reads what it wrote, the lock checker is silent, and the
 * machine's counts hold at the end.
 *
 * <p>{@code -Dsamepage.schedules=1000} runs so many schedules, {@code -Dsamepage.schedule=SEED} one
 * again.
 */
final class HugeStressTest {
  private static final int THREADS = 4;

  /** How often a thread falls behind: see {@link SeededSched}. */
  private static final int[] RATES = {0, 4, 12, 40, 120};

  private static TestMachine boot(LockChecker checker) {
    return TestMachine.boot(checker, "linux-6.18", "machine.swap=65536", "machine.nodes=2");
  }

  private static List<HugeWorker> workers(TestMachine m, int threads, long seed, int operations)
      throws SyscallException {
    List<HugeWorker> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(new HugeWorker(m, seed * THREADS + i, operations));
    }
    return workers;
  }

  /** Workers, and those who act on the processes of them all. */
  private static List<Runnable> all(
      TestMachine m, List<HugeWorker> workers, long seed, int helpers, int operations) {
    List<Runnable> all = new ArrayList<>(workers);
    for (int i = 0; i < helpers; i++) {
      all.add(new HugeHelper(m, workers, -seed * THREADS - i, operations));
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void threads_and_ksmd_read_what_they_wrote(long seed) throws Exception {
    LockChecker checker = new LockChecker();
    try (TestMachine m = boot(checker)) {
      List<HugeWorker> workers = workers(m, THREADS, seed, 120);
      Together.run(
          checker,
          seed,
          all(m, workers, seed, 2, 120),
          () -> {
            m.machine.ksm().ksmd().batch(200);
            m.machine.thp().deferredSplit().deferredSplitScan();
          });
      MachineChecker.check(m.machine);
      m.passes(2);
      for (HugeWorker worker : workers) {
        worker.checkAll();
      }
      Together.rethrow(checker, seed);
      MachineChecker.check(m.machine);
    }
  }

  @Test
  void one_thread_alone_reads_what_it_wrote() throws Exception {
    LockChecker checker = new LockChecker();
    try (TestMachine m = boot(checker)) {
      HugeWorker worker = new HugeWorker(m, 42, 400);
      worker.run();
      Together.rethrow(checker, 42);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void a_seeded_schedule_ends_the_same(long seed) throws Exception {
    assertThat(seeded(seed)).as("seed " + seed).isEqualTo(seeded(seed));
  }

  @Test
  void under_each_schedule_every_thread_reads_what_it_wrote() {
    Long one = Long.getLong("samepage.schedule");
    long first = one == null ? 1 : one;
    long last = one == null ? Long.getLong("samepage.schedules", 30) : one;
    for (long seed = first; seed <= last; seed++) {
      try {
        var _ = seeded(seed);
      } catch (Exception | AssertionError e) {
        throw new AssertionError("again with -Dsamepage.schedule=" + seed + ": " + e, e);
      }
    }
  }

  private static long seeded(long seed) throws Exception {
    SeededSched sched = new SeededSched(seed, RATES[(int) (seed % RATES.length)]);
    LockChecker checker = new LockChecker(sched);
    try (TestMachine m = boot(checker)) {
      List<HugeWorker> workers = workers(m, 2, seed, 12);
      List<Runnable> all = all(m, workers, seed, 2, 12);
      long hash = Together.seeded(sched, checker, all, 4, () -> m.machine.ksm().ksmd().batch(200));
      sched.run(List.of(() -> MachineChecker.check(m.machine)));
      return hash;
    }
  }
}
