// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.state;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.ksm.control.KsmdThread;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.hotremove.KsmHotRemove.Action;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.SeededSched;
import org.samepage.mm.work.WorkCounters;

/** ksmd as a thread: when it sleeps, what wakes it, and what happens beside it. */
final class KsmdThreadTest {
  private static final String PROFILE = "linux-6.18";
  private static final long MILLI = 1_000_000;
  private static final long DAY = 24 * 3600 * 1000 * MILLI;

  private static final int ROUNDS = 20_000;

  private interface Body {
    void run() throws Exception;
  }

  private static Runnable body(Body body) {
    return () -> {
      try {
        body.run();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    };
  }

  /** Lets time pass, and others run, until a condition holds. */
  private static void passTime(
      TestMachine m, SeededSched sched, java.util.function.BooleanSupplier until) {
    for (int i = 0; !until.getAsBoolean(); i++) {
      assertThat(i).as("rounds").isLessThan(ROUNDS);
      m.machine.clock().advanceNanos(MILLI);
      sched.yieldPoint();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void it_scans_a_batch_sleeps_on_the_machines_clock_and_scans_the_next(long seed)
      throws Exception {
    SeededSched sched = new SeededSched(seed);
    try (TestMachine m = TestMachine.boot(sched, PROFILE, "ksm.pages_to_scan=3")) {
      UserProcess a = m.mergeable(12);
      fill(a, 0, 12, 1);
      KsmdThread ksmd = m.machine.ksm().thread();
      assertThat(m.store("run", "1")).isZero();
      sched.run(
          List.of(
              ksmd::ksmScanThread,
              () -> {
                passTime(m, sched, () -> m.ksm("full_scans") == 2);
                ksmd.stop();
              }));
      assertThat(m.ksm("pages_sharing")).isEqualTo(11);
      // 4 batches and one that finds the end of the pass, each pass; 20 ms after each
      assertThat(m.machine.clock().ktimeGet()).isGreaterThanOrEqualTo(8 * 20 * MILLI);
      assertThat(m.machine.work().ksmdBatches).isLessThanOrEqualTo(12);
    }
  }

  @Test
  void while_everybody_sleeps_time_goes_on_to_the_end_of_its_sleep() throws Exception {
    SeededSched sched = new SeededSched(7);
    try (TestMachine m =
        TestMachine.boot(sched, PROFILE, "ksm.pages_to_scan=4", "ksm.sleep_millisecs=1000")) {
      UserProcess a = m.mergeable(4);
      fill(a, 0, 4, 1);
      KsmdThread ksmd = m.machine.ksm().thread();
      int[] batches = {0};
      m.machine
          .ksm()
          .tracepoints()
          .tracepointProbeRegister(
              new org.samepage.ksm.trace.KsmTrace() {
                @Override
                public void ksmStopScan(int seq, int rmapEntries) {
                  if (++batches[0] == 3) {
                    ksmd.stop();
                  }
                }
              });
      m.store("run", "1");
      sched.run(List.of(ksmd::ksmScanThread));
      assertThat(m.machine.clock().ktimeGet())
          .as("six batches, a second after each but the last")
          .isEqualTo(5 * 1000 * MILLI);
      assertThat(m.machine.ksm().ksmd().task().work.ksmdSleeps).isEqualTo(5 + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void writing_the_knob_ends_the_sleep_and_run_and_an_mm_end_the_idleness(long seed)
      throws Exception {
    SeededSched sched = new SeededSched(seed);
    try (TestMachine m =
        TestMachine.boot(sched, PROFILE, "ksm.sleep_millisecs=4000000000", "ksm.run=1")) {
      KsmdThread ksmd = m.machine.ksm().thread();
      sched.run(
          List.of(
              ksmd::ksmScanThread,
              body(() -> {
                UserProcess a = m.mergeable(2); // wakes ksmd: the list was empty
                for (int i = 0; m.ksm("full_scans") == 0 && state(m).ksmScan.address == 0; i++) {
                  assertThat(i).as("rounds until ksmd came").isLessThan(ROUNDS);
                  sched.yieldPoint();
                }
                WorkCounters work = m.machine.ksm().ksmd().task().work;
                for (int i = 0; work.ksmdSleeps == 0; i++) {
                  assertThat(i).as("rounds until ksmd sleeps").isLessThan(ROUNDS);
                  sched.yieldPoint();
                }
                long batches = work.ksmdBatches;
                m.machine.clock().advanceNanos(60 * DAY); // 2^31 ms and more never pass
                for (int i = 0; i < 50; i++) {
                  sched.yieldPoint();
                }
                assertThat(work.ksmdBatches).as("asleep").isEqualTo(batches);
                fill(a, 0, 2, 1);
                for (int i = 1; m.ksm("pages_sharing") == 0; i++) {
                  assertThat(i).as("rounds until ksmd came again").isLessThan(ROUNDS);
                  m.store("sleep_millisecs", String.valueOf(4_000_000_000L + i % 2));
                  sched.yieldPoint();
                }
                m.store("run", "0");
                m.store("sleep_millisecs", "20");
                long scanned = m.ksm("pages_scanned");
                for (int i = 0; i < 50; i++) {
                  m.machine.clock().advanceNanos(MILLI);
                  sched.yieldPoint();
                }
                assertThat(m.ksm("pages_scanned")).as("stopped").isEqualTo(scanned);
                assertThat(m.store("run", "2")).isZero();
                assertThat(m.ksm("pages_shared")).isZero();
                m.store("run", "1");
                passTime(m, sched, () -> m.ksm("pages_sharing") == 1);
                ksmd.stop();
              })));
      assertThat(m.machine.clock().ktimeGet()).isLessThan(60 * DAY + 4_000_000_000L * MILLI);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void while_memory_goes_offline_ksmd_and_writers_wait(long seed) throws Exception {
    SeededSched sched = new SeededSched(seed);
    try (TestMachine m = TestMachine.boot(sched, PROFILE, "ksm.run=1")) {
      UserProcess a = m.mergeable(4);
      fill(a, 0, 4, 1);
      KsmdThread ksmd = m.machine.ksm().thread();
      KsmHotRemove hotRemove = m.machine.ksm().hotRemove();
      hotRemove.ksmMemoryCallback(Action.MEM_GOING_OFFLINE, 1 << 20, 16);
      AtomicInteger written = new AtomicInteger();
      sched.run(
          List.of(
              ksmd::ksmScanThread,
              () -> {
                m.store("max_page_sharing", "10");
                written.incrementAndGet();
              },
              () -> {
                for (int i = 0; i < 50; i++) {
                  m.machine.clock().advanceNanos(MILLI);
                  sched.yieldPoint();
                }
                assertThat(m.ksm("pages_scanned")).isZero();
                assertThat(written.get()).isZero();
                hotRemove.ksmMemoryCallback(Action.MEM_CANCEL_OFFLINE, 1 << 20, 16);
                passTime(m, sched, () -> m.ksm("pages_sharing") == 3 && written.get() == 1);
                ksmd.stop();
              }));
      assertThat(m.ksm("max_page_sharing")).isEqualTo(10);
    }
  }

  /** Unmaps, moves, forks and exits while the cursor is anywhere. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void processes_change_and_end_wherever_its_cursor_rests(long seed) throws Exception {
    SeededSched sched = new SeededSched(seed);
    LockChecker checker = new LockChecker(sched);
    try (TestMachine m = TestMachine.boot(checker, PROFILE, "ksm.pages_to_scan=3", "ksm.run=1")) {
      KsmdThread ksmd = m.machine.ksm().thread();
      AtomicInteger running = new AtomicInteger(3);
      List<Runnable> bodies = new ArrayList<>();
      bodies.add(ksmd::ksmScanThread);
      for (int p = 0; p < 3; p++) {
        bodies.add(
            body(() -> {
              for (int round = 0; round < 3; round++) {
                churn(m, sched);
              }
              if (running.decrementAndGet() == 0) {
                ksmd.stop();
              }
            }));
      }
      sched.run(bodies);
      assertThat(checker.failure()).isNull();
      m.store("run", "0");
      m.passes(2);
      assertThat(m.machine.mms()).as("all have ended").isEmpty();
      assertThat(m.machine.memory().allocator().pagesInUse()).isZero();
    }
  }

  private static void churn(TestMachine m, SeededSched sched) throws SyscallException {
    UserProcess a = m.mergeable(8);
    for (int i = 0; i < 8; i++) {
      write(a, i, i % 2);
      m.machine.clock().advanceNanos(7 * MILLI);
      sched.yieldPoint();
    }
    UserProcess child = a.fork();
    m.machine.clock().advanceNanos(20 * MILLI);
    a.munmap(page(2), 2 * 4096);
    m.machine.clock().advanceNanos(20 * MILLI);
    a.mremap(page(4), 2 * 4096, 2 * 4096, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, page(20));
    m.machine.clock().advanceNanos(20 * MILLI);
    check(a, 21, 1);
    check(child, 5, 1);
    a.madvise(BASE, 2 * 4096, Advice.UNMERGEABLE);
    child.exit();
    m.machine.clock().advanceNanos(20 * MILLI);
    check(a, 0, 0);
    a.exit();
  }

  @Test
  void as_a_thread_of_the_operating_system_it_merges_and_is_stopped() throws Exception {
    LockChecker checker = new LockChecker();
    try (TestMachine m = TestMachine.boot(checker, PROFILE)) {
      UserProcess a = m.mergeable(50);
      fill(a, 0, 50, 1);
      KsmdThread ksmd = m.machine.ksm().thread();
      ksmd.kthreadRun();
      assertThat(m.store("run", "1")).isZero();
      while (m.machine.ksm().state().ksmPagesSharing != 49 && checker.failure() == null) {
        m.machine.clock().advanceNanos(MILLI);
        Thread.onSpinWait();
      }
      ksmd.kthreadStop();
      assertThat(checker.failure()).isNull();
      check(a, 49, 1);
    }
  }
}
