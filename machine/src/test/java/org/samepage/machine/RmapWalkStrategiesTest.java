// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.page;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalkControl;

/**
 * What each rmap-walk strategy visits, in the layouts whose figures were posted: 22,169 VMAs of one
 * anon_vma, alone (L1) and with two forked children (L2), and pages that were moved before they
 * were merged (L3).
 */
final class RmapWalkStrategiesTest {
  private static final int VMAS = 22_169;
  private static final int MOVED = 16;

  /** Of the one machine that a test boots. */
  private final Sched sched = new FreeRunning();

  /** As try_to_unmap: ends once all mappings are found. */
  private final class Finder extends RmapWalkControl {
    private final PageVmaMappedWalk pvmw;
    private final WorkCounters work;
    private final int mapped;
    int found;

    Finder(TestMachine m, int folio) {
      pvmw = new PageVmaMappedWalk(m.machine.memory().folios(), SwapTypes.REFERENCE);
      work = sched.current().work;
      mapped = m.machine.memory().folios().folioMapcount(folio);
    }

    @Override
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      if (pvmw.defineFolioVmaWalk(folio, vma, addr, 0).pageVmaMappedWalk()) {
        pvmw.pageVmaMappedWalkDone();
        work.ptesFound++;
        found++;
      }
      return true;
    }

    @Override
    public boolean done(int folio) {
      return found == mapped;
    }
  }

  private Finder walk(TestMachine m, int folio) {
    Folios folios = m.machine.memory().folios();
    Finder finder = new Finder(m, folio);
    folios.folioLock(folio);
    m.machine.ksm().rmapWalk().rmapWalkKsm(folio, finder);
    folios.folioUnlock(folio);
    return finder;
  }

  /** The largest of any one loop, as the posted columns are meant. */
  private static void columns(Finder walk, long iterations, long outOfRange, long mmMismatch) {
    assertThat(new long[] {walk.maxIterations(), walk.maxOutOfRange(), walk.maxMmMismatch()})
        .containsExactly(iterations, outOfRange, mmMismatch);
  }

  /** One VMA for each page, all of one anon_vma; two pages far from each other are merged. */
  private static UserProcess splitProcess(TestMachine m) throws Exception {
    UserProcess process = m.mergeable(VMAS);
    TestMachine.write(process, 5_000, 1);
    TestMachine.write(process, 20_000, 1);
    for (int i = 1; i < VMAS; i += 2) {
      process.mprotect(page(i), PageUnits.PAGE_SIZE, 1);
    }
    assertThat(process.mm().vmas.size()).isEqualTo(VMAS);
    m.passes(2);
    assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    return process;
  }

  @ParameterizedTest(name = "{0}: {1}, {2}, {3} and then {4}, {5}, {6}")
  @CsvSource({
    "linux-6.18, 22169, 22168, 0, 66507, 66504, 2",
    "rmap-v3, 1, 0, 0, 3, 0, 2",
    "rmap-v4, 1, 0, 0, 3, 0, 2",
    "linux-7.3, 1, 0, 0, 3, 0, 2",
    "rmap-fallback, 1, 0, 0, 3, 0, 2",
    "rmap-pgoff-fallback, 1, 0, 0, 3, 0, 2"
  })
  void a_loop_over_22169_vmas_visits_what_its_query_says(
      String profile, long l1, long l1Out, long l1Mm, long l2, long l2Out, long l2Mm)
      throws Exception {
    try (TestMachine m = TestMachine.boot(sched, profile)) {
      UserProcess process = splitProcess(m);
      int folio = TestMachine.pfn(process, 5_000);
      Finder alone = walk(m, folio);
      columns(alone, l1, l1Out, l1Mm);
      assertThat(alone.found).isEqualTo(2);
      process.fork();
      process.fork();
      Finder forked = walk(m, folio);
      columns(forked, l2, l2Out, l2Mm);
      assertThat(forked.found).isEqualTo(6);
      assertThat(m.machine.work().rmapSecondPasses).isZero();
      assertThat(m.machine.work().ptesFound).isEqualTo(2 + 6);
    }
  }

  @ParameterizedTest(name = "{0} finds {1} of 16 with {2} second passes")
  @CsvSource({
    "linux-6.18, 16, 0",
    "rmap-v3, 0, 0",
    "rmap-v4, 16, 0",
    "linux-7.3, 16, 0",
    "rmap-fallback, 16, 1",
    "rmap-pgoff-fallback, 16, 0"
  })
  void pages_that_were_moved_before_they_were_merged_are_lost_by_address_alone(
      String profile, int found, int secondPasses) throws Exception {
    try (TestMachine m = TestMachine.boot(sched, profile)) {
      UserProcess process = m.process(2L * MOVED);
      for (int i = 0; i < 2 * MOVED; i++) {
        TestMachine.write(process, i, i < MOVED ? 100 + i : 1);
      }
      long bytes = PageUnits.pagesToBytes(MOVED);
      process.mremap(page(MOVED), bytes, bytes, 1 | 2, page(1000));
      process.madvise(page(1000), bytes, Advice.MERGEABLE);
      m.passes(2);
      int folio = TestMachine.pfn(process, 1000);
      assertThat(m.machine.memory().folios().folioMapcount(folio)).isEqualTo(MOVED);
      assertThat(walk(m, folio).found).isEqualTo(found);
      assertThat(m.machine.work().rmapSecondPasses).isEqualTo(secondPasses);
      // forked children have the moved VMA too, and no items of their own
      process.fork();
      assertThat(walk(m, folio).found).isEqualTo(found + found);
    }
  }

  @ParameterizedTest
  @CsvSource({"rmap-fallback", "rmap-pgoff-fallback"})
  void a_second_pass_visits_no_mapping_again(String profile) throws Exception {
    try (TestMachine m = TestMachine.boot(sched, profile)) {
      UserProcess process = m.mergeable(3);
      for (int i = 0; i < 3; i++) {
        TestMachine.write(process, i, 1);
      }
      m.passes(2);
      int folio = TestMachine.pfn(process, 0);
      Folios folios = m.machine.memory().folios();
      // says of one that it is not there, so that the walk comes out short
      int[] visits = new int[1];
      RmapWalkControl blind =
          new RmapWalkControl() {
            @Override
            public boolean rmapOne(int walked, VmArea vma, long addr) {
              visits[0]++;
              sched.current().work.ptesFound += addr == page(1) ? 0 : 1;
              return true;
            }
          };
      folios.folioLock(folio);
      m.machine.ksm().rmapWalk().rmapWalkKsm(folio, blind);
      folios.folioUnlock(folio);
      assertThat(m.machine.work().rmapSecondPasses).isEqualTo(1);
      assertThat(visits[0]).isEqualTo(3);
    }
  }
}
