// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.testing.OneThread;

/** What tells the reviewer's rework of v3 from the merged version: an mm that exits meanwhile. */
final class ScanStrategyExitTest {
  private static final long PAGE = 4096;
  private static final int VMAS = 5;

  /** Does something at each {@code cond_resched}. */
  private static final class Interrupting extends OneThread {
    private Runnable next = () -> {};

    @Override
    protected void reschedHook() {
      next.run();
    }
  }

  /**
   * Five mergeable mappings without a page; the mm has no user left from the first walk's
   * cond_resched on. The rework asks in the callback alone, so it starts a walk for each mapping
   * that is left; the merged version asks before each.
   */
  @ParameterizedTest(name = "{0}: {1} walks")
  @CsvSource({"linux-6.18, 1", "ksm-rework, 5", "ksm-v3, 1", "ksm-mm, 1"})
  void an_mm_that_exits_during_a_walk_ends_the_scan_of_it(String profile, int walks)
      throws Exception {
    Interrupting sched = new Interrupting();
    try (TestMachine m = TestMachine.boot(sched, profile)) {
      UserProcess process = m.machine.newProcess();
      long gap = 4L << 20;
      for (int i = 0; i < VMAS; i++) {
        long at = TestMachine.BASE + i * gap;
        process.mmap(at, PAGE, TestMachine.RW, true);
        process.madvise(at, PAGE, Advice.MERGEABLE);
        process.writePage(at, TestMachine.content(i)); // leaves an anon_vma and a table
        process.madvise(at, PAGE, Advice.DONTNEED);
      }
      long before = m.machine.work().pageWalks;
      sched.next =
          () -> {
            if (m.machine.work().pageWalks > before) {
              process.mm().mmUsers.set(0);
            }
          };
      m.machine.ksm().ksmd().batch(10);
      sched.next = () -> {};
      assertThat(m.machine.work().pageWalks - before).isEqualTo(walks);
      assertThat(m.ksm("pages_scanned")).isZero();
      assertThat(KsmPeek.listEmpty(m)).isTrue();
      process.mm().mmUsers.set(1);
    }
  }
}
