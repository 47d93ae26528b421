// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.samepage.ksm.control.KsmdThread;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.SeededSched;

/**
 * One run: eight threads that write, fork, unmap, exit, mremap and advise, with ksmd as a thread,
 * page migration, reclaim, hot-remove and writes to sysfs beside them, in some with huge pages.
 * Each thread checks that it reads what it wrote; at the end the machine's invariants hold, and
 * once all have exited nothing is left.
 */
public final class RaceRun {
  private static final long MOST_SWITCH_POINTS = 2_000_000;

  private final RacePlan plan;
  private final TestMachine m;
  private final List<RaceMutator> mutators = new ArrayList<>();
  private final List<Runnable> bodies = new ArrayList<>();
  private final AtomicInteger running = new AtomicInteger();

  private RaceRun(RacePlan plan, TestMachine m, int operations) throws Exception {
    this.plan = plan;
    this.m = m;
    KsmdThread ksmd = m.machine.ksm().thread();
    bodies.add(ksmd::ksmScanThread);
    UserProcess shared = null;
    for (int i = 0; i < RacePlan.MUTATORS; i++) {
      boolean alone = i < RacePlan.MUTATORS / 2;
      if (shared == null || alone || i % 2 == 0) {
        shared = RaceMutator.newProcess(m, plan);
      }
      RaceMutator mutator = new RaceMutator(m, plan, i, shared, alone);
      mutators.add(mutator);
      add(ksmd, () -> mutator.run(operations));
    }
    RaceHelpers helpers = new RaceHelpers(m, mutators);
    if (plan.migrates() > 0) {
      add(ksmd, () -> helpers.migrate(plan.seed() + 1, operations * plan.migrates()));
      add(ksmd, () -> helpers.migrate(plan.seed() + 2, operations * plan.migrates()));
    }
    if (plan.turnsKnobs()) {
      add(ksmd, () -> helpers.turnKnobs(plan.seed() + 3, operations));
    }
    if (plan.huge()) {
      add(ksmd, () -> helpers.changeHugePages(plan.seed() + 5, operations));
    }
    if (plan.offlines()) {
      add(ksmd, () -> helpers.takeOffline(plan.seed() + 6, operations));
    }
    if (plan.reclaims() > 0) {
      add(ksmd, () -> helpers.reclaim(plan.seed() + 4, operations * plan.reclaims()));
    }
  }

  /**
   * Pages of all threads, and so many passes over them: some that merge, some that are about to.
   */
  private void begin() throws Exception {
    for (RaceMutator mutator : mutators) {
      mutator.begin();
    }
    m.passes(plan.passesBefore());
  }

  private interface Body {
    void run() throws Exception;
  }

  /** Adds a thread; with the last one that ends, ksmd ends. */
  private void add(KsmdThread ksmd, Body body) {
    running.incrementAndGet();
    bodies.add(() -> {
      try {
        body.run();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      if (running.decrementAndGet() == 0) {
        ksmd.stop();
      }
    });
  }

  /**
   * Runs the schedule of a seed.
   *
   * @param operations of each thread
   * @param focus the name of what the run is about
   * @return what depends on who ran at each place
   * @throws RuntimeException or an error that names what went wrong
   */
  public static long seeded(long seed, int operations, String focus) throws Exception {
    RacePlan plan = RacePlan.of(seed).on(RacePlan.Focus.valueOf(focus));
    SeededSched sched = new SeededSched(seed, plan.oneIn());
    sched.limitSwitchPoints(MOST_SWITCH_POINTS);
    LockChecker checker = new LockChecker(sched);
    try (TestMachine m =
        TestMachine.boot(checker, plan.profile(), plan.settings().toArray(String[]::new))) {
      RaceRun run = new RaceRun(plan, m, operations);
      run.begin();
      sched.run(run.bodies);
      sched.run(List.of(() -> run.end()));
    }
    return sched.traceHash();
  }

  /** Lets the operating system schedule the same threads. */
  static void free(long seed, int operations) throws Exception {
    RacePlan plan = RacePlan.of(seed);
    LockChecker checker = new LockChecker();
    try (TestMachine m =
        TestMachine.boot(checker, plan.profile(), plan.settings().toArray(String[]::new))) {
      RaceRun run = new RaceRun(plan, m, operations);
      run.begin();
      List<Thread> threads = new ArrayList<>();
      for (Runnable body : run.bodies) {
        threads.add(
            Thread.ofPlatform()
                .uncaughtExceptionHandler((_, e) -> {
                  checker.stop(e);
                  m.machine.ksm().thread().stop();
                })
                .start(body));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      Throwable failure = checker.failure();
      if (failure != null) {
        throw new AssertionError(failure.getMessage(), failure);
      }
      run.end();
    }
  }

  private void end() {
    MachineChecker.check(m.machine);
    for (int pass = 0; pass < 2; pass++) {
      m.passes(1);
      for (RaceMutator mutator : mutators) {
        try {
          mutator.checkAll();
        } catch (SyscallException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    MachineChecker.check(m.machine);
    mutators.stream().map(RaceMutator::process).distinct().forEach(UserProcess::exit);
    m.passes(2);
    if (!m.machine.mms().stream().allMatch(mm -> mm.mmUsers.get() > 0)) {
      throw new AssertionError("seed " + plan.seed() + ": an mm outlives its exit");
    }
  }
}
