// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.state.KsmScan;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.mm.work.WorkCounters;

/** All scan strategies return the same pages in the same order; what they cost differs. */
final class ScanEquivalenceTest {
  static List<String> profiles() {
    return TestMachine.profiles();
  }

  /** What a strategy returns for a whole mm, as {@code address:pfn}; references are put. */
  private static List<String> candidates(TestMachine m, Mm mm) {
    ScanStrategy strategy = m.machine.ksm().strategies().scan();
    KsmScan cursor = m.machine.ksm().state().ksmScan;
    Folios folios = m.machine.memory().folios();
    ScanHit hit = new ScanHit();
    List<String> found = new ArrayList<>();
    cursor.address = 0;
    mm.mmapLock.readLock();
    while (strategy.nextPage(mm, cursor, hit)) {
      found.add("%x:%d".formatted(cursor.address, hit.page));
      int folio = folios.pageFolio(hit.page);
      assertThat(folios.folioRefCount(folio))
          .as("a reference for the caller")
          .isEqualTo(folios.folioMapcount(folio) + 1);
      folios.putPage(hit.page);
      cursor.address += PageUnits.PAGE_SIZE;
    }
    mm.mmapLock.readUnlock();
    return found;
  }

  /** A process with a random layout: several VMAs, mergeable or not, populated, read, or empty. */
  private static UserProcess randomProcess(TestMachine m, long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    SplittableRandom huge = random.split();
    UserProcess process = m.machine.newProcess();
    long at = BASE;
    int vmas = 1 + random.nextInt(6);
    for (int v = 0; v < vmas; v++) {
      long pages = 1 + random.nextLong(3000);
      process.mmap(at, pages * 4096, TestMachine.RW, true);
      if (huge.nextInt(3) == 0) {
        process.madvise(at, pages * 4096, Advice.HUGEPAGE);
      }
      int touched = random.nextInt(40);
      for (int t = 0; t < touched; t++) {
        long addr = at + random.nextLong(pages) * 4096;
        if (random.nextInt(4) == 0) {
          process.touch(addr);
        } else {
          process.writeByte(addr, (byte) random.nextInt());
        }
      }
      if (random.nextInt(4) > 0) {
        process.madvise(at, pages * 4096, Advice.MERGEABLE);
      }
      if (random.nextInt(3) == 0) {
        process.madvise(at, pages * 2048 / 4096 * 4096, Advice.DONTNEED);
      }
      at += (pages + 1 + random.nextLong(1000)) * 4096;
    }
    return process;
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void every_strategy_returns_the_same_pages_in_the_same_order(long seed) throws Exception {
    List<String> expected = null;
    long address = 0;
    for (String profile : profiles()) {
      try (TestMachine m = TestMachine.boot(profile)) {
        UserProcess process = randomProcess(m, seed);
        List<String> found = candidates(m, process.mm());
        long left = m.machine.ksm().state().ksmScan.address;
        m.machine.ksm().state().ksmScan.address = 0;
        if (expected == null) {
          expected = found;
          address = left;
        }
        assertThat(found).as(profile).isEqualTo(expected);
        assertThat(left == 0).as("keeps the slot, " + profile).isEqualTo(address == 0);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void an_exiting_mm_has_no_candidates(String profile) throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess process = m.mergeable(4);
      TestMachine.write(process, 1, 1);
      process.mm().mmUsers.set(0);
      assertThat(candidates(m, process.mm())).isEmpty();
      process.mm().mmUsers.set(1);
      m.machine.ksm().state().ksmScan.address = 0;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void gets_and_puts_of_candidates_balance(String profile) throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess process = m.mergeable(30);
      for (int i = 0; i < 30; i++) {
        TestMachine.write(process, i, i % 7);
      }
      m.passes(6);
      WorkCounters work = m.machine.work();
      assertThat(work.folioGets).isPositive().isEqualTo(work.folioPuts);
      assertThat(work.cacheFlushes).as("two for each candidate").isEqualTo(2 * work.folioGets);
      assertThat(work.ksmdBatches).isEqualTo(6);
      assertThat(work.ksmdSleeps).isEqualTo(6);
    }
  }

  @Test
  void by_address_a_pass_costs_the_size_of_the_vma_by_range_what_is_in_it() throws Exception {
    long pages = 5L << 18; // 5 GiB
    for (String profile : profiles()) {
      try (TestMachine m = TestMachine.boot(profile)) {
        UserProcess process = m.mergeable(pages);
        TestMachine.write(process, 3L << 18, 1);
        m.passes(1);
        WorkCounters work = m.machine.work();
        if (profile.equals("linux-6.17")) {
          assertThat(work.addressesProbed).isEqualTo(pages);
          assertThat(work.pageWalks).isZero();
        } else {
          assertThat(work.addressesProbed).isZero();
          assertThat(work.pageWalks).as("one hit, one to the end").isEqualTo(2);
          assertThat(work.entries()).isLessThan(2500);
        }
      }
    }
  }

  @Test
  void a_pass_that_would_probe_too_much_is_stopped_and_says_what_it_needs() throws Exception {
    TestMachine m = TestMachine.boot("linux-6.17");
    UserProcess process = m.mergeable(8L << 30); // 32 TiB
    TestMachine.write(process, 1L << 30, 1);
    m.machine.probeBudget().limit(1 << 20);
    assertThatThrownBy(() -> m.passes(1))
        .isInstanceOfSatisfying(
            ProbeLimitException.class, e -> assertThat(e.needed()).isEqualTo(8_589_934_592L));
    assertThat(m.machine.work().addressesProbed).isEqualTo(1 << 20);
    m.machine.close();
  }

  @Test
  void so_is_unmerging_by_address() throws Exception {
    TestMachine m = TestMachine.boot("linux-6.18");
    UserProcess process = m.mergeable(8L << 30);
    TestMachine.write(process, 1L << 30, 1);
    m.machine.probeBudget().limit(1 << 20);
    assertThatThrownBy(() -> process.madvise(BASE, 32L << 40, Advice.UNMERGEABLE))
        .isInstanceOfSatisfying(
            ProbeLimitException.class, e -> assertThat(e.needed()).isEqualTo(8_589_934_592L));
    m.machine.close();
  }
}
