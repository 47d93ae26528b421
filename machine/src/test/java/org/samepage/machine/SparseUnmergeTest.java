// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.mm.work.WorkCounters;

/** Everything that unmerges a range of 32 TiB with one page, by range and by address. */
final class SparseUnmergeTest {
  private static final long PAGES = 8L << 30;
  private static final long BYTES = 32L << 40;
  private static final long ELSEWHERE = 0x4000_0000_0000L;
  private static final int MAYMOVE_FIXED = 1 | 2;
  private static final long LEAST_ENTRIES = 100;
  private static final long MOST_ENTRIES = 20_000;

  /** What a process can do to have its pages unmerged. */
  enum Way {
    MADVISE {
      @Override
      void unmerge(UserProcess process) throws SyscallException {
        process.madvise(BASE, BYTES, Advice.UNMERGEABLE);
      }
    },
    MREMAP {
      @Override
      void unmerge(UserProcess process) throws SyscallException {
        process.mremap(BASE, BYTES, BYTES, MAYMOVE_FIXED, ELSEWHERE);
      }
    },
    PRCTL {
      @Override
      void unmerge(UserProcess process) throws SyscallException {
        process.prctlMemoryMerge(0);
      }
    };

    abstract void unmerge(UserProcess process) throws SyscallException;
  }

  private static UserProcess sparse(TestMachine m) throws Exception {
    UserProcess process = m.process(PAGES);
    process.prctlMemoryMerge(1);
    TestMachine.write(process, PAGES / 8 + 77, 1);
    return process;
  }

  @ParameterizedTest
  @EnumSource
  void by_range_it_reads_fewer_than_20000_entries(Way way) throws Exception {
    for (String profile : new String[] {"linux-6.19", "linux-7.3"}) {
      try (TestMachine m = TestMachine.boot(profile)) {
        UserProcess process = sparse(m);
        WorkCounters before = m.machine.work();
        way.unmerge(process);
        WorkCounters after = m.machine.work();
        assertThat(after.entries() - before.entries()).isBetween(LEAST_ENTRIES, MOST_ENTRIES);
        assertThat(after.pageWalks - before.pageWalks).as("nothing found").isEqualTo(1);
        assertThat(after.addressesProbed).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void by_address_it_would_probe_8589934592_addresses(Way way) throws Exception {
    TestMachine m = TestMachine.boot("linux-6.18");
    UserProcess process = sparse(m);
    m.machine.probeBudget().limit(1 << 16);
    assertThatThrownBy(() -> way.unmerge(process))
        .isInstanceOfSatisfying(
            ProbeLimitException.class, e -> assertThat(e.needed()).isEqualTo(8_589_934_592L));
    assertThat(m.machine.work().addressesProbed).isEqualTo(1 << 16);
    m.machine.close();
  }
}
