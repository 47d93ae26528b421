// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.write;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.units.PageUnits;

/**
 * Merged pages that MADV_COLLAPSE copied: their items are stale, and what happens to them in the
 * next pass depends on whether they still know the checksum from before their merge.
 */
final class CollapsedMergeTest {
  private static final int MERGED = 16;

  private static UserProcess mergeable(TestMachine m, long bytes, int pages)
      throws SyscallException {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, bytes, RW, true);
    for (int i = 0; i < pages; i++) {
      write(p, i, i);
    }
    p.madvise(BASE, bytes, Advice.MERGEABLE);
    return p;
  }

  @ParameterizedTest
  @CsvSource({"linux-6.17, 16, 16", "linux-6.18, 16, 16", "rmap-v4, 16, 16", "linux-7.3, 0, 16"})
  void they_are_merged_again_at_once_or_a_pass_later_where_an_index_lay_over_the_checksum(
      String profile, long afterOne, long afterTwo) throws SyscallException {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess p = mergeable(m, PageUnits.PMD_SIZE, 100);
      UserProcess q = mergeable(m, PageUnits.pagesToBytes(MERGED), MERGED);
      m.passes(3);
      assertThat(m.ksm("pages_sharing")).isEqualTo(MERGED);
      p.madvise(BASE, PageUnits.PMD_SIZE, Advice.COLLAPSE);
      m.passes(1);
      assertThat(m.ksm("pages_shared")).as("the other process's").isEqualTo(MERGED);
      assertThat(m.ksm("pages_sharing")).isEqualTo(afterOne);
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(afterTwo);
      for (int i = 0; i < MERGED; i++) {
        TestMachine.check(p, i, i);
        TestMachine.check(q, i, i);
      }
    }
  }
}
