// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.report.KernelBugException;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalkControl;

final class RmapWalkKsmTest {
  /** Writes down which entries map the folio. */
  private static class Finder extends RmapWalkControl {
    final PageVmaMappedWalk pvmw;
    final List<Long> found = new ArrayList<>();

    Finder(TestMachine m) {
      pvmw = new PageVmaMappedWalk(m.machine.memory().folios(), SwapTypes.REFERENCE);
    }

    @Override
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      if (pvmw.defineFolioVmaWalk(folio, vma, addr, 0).pageVmaMappedWalk()) {
        pvmw.pageVmaMappedWalkDone();
        found.add(addr);
      }
      return true;
    }
  }

  private static void walk(TestMachine m, int folio, RmapWalkControl rwc) {
    Folios folios = m.machine.memory().folios();
    RmapWalkKsm walk = m.machine.ksm().rmapWalk();
    folios.folioLock(folio);
    walk.rmapWalkKsm(folio, rwc);
    folios.folioUnlock(folio);
  }

  @Test
  void finds_every_mapping_of_a_merged_page_newest_item_first() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(4);
      UserProcess b = m.mergeable(4);
      for (int i = 0; i < 4; i++) {
        TestMachine.write(a, i, 1);
        TestMachine.write(b, i, i == 2 ? 1 : 100 + i);
      }
      m.passes(2);
      int merged = TestMachine.pfn(a, 0);
      Finder finder = new Finder(m);
      walk(m, merged, finder);
      assertThat(finder.found)
          .containsExactly(
              TestMachine.page(2), // of b, appended last
              TestMachine.page(3),
              TestMachine.page(2),
              TestMachine.page(1),
              TestMachine.page(0));
      assertThat(m.machine.work().rmapWalks).isEqualTo(1);
      assertThat(m.machine.work().rmapIterations).as("both passes").isEqualTo(2 * 5);
      assertThat(m.machine.work().rmapMmMismatch).isEqualTo(5);
    }
  }

  @Test
  void trap_24_rmap_walk_ksm_visits_own_mm_first() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(2);
      UserProcess b = m.mergeable(1);
      TestMachine.write(a, 0, 1);
      TestMachine.write(a, 1, 1);
      TestMachine.write(b, 0, 1);
      m.passes(2);
      UserProcess childOfA = a.fork();
      UserProcess childOfB = b.fork();
      List<Object> mms = new ArrayList<>();
      Finder order =
          new Finder(m) {
            @Override
            public boolean rmapOne(int folio, VmArea vma, long addr) {
              mms.add(vma.vmMm);
              return super.rmapOne(folio, vma, addr);
            }
          };
      walk(m, TestMachine.pfn(a, 0), order);
      assertThat(mms)
          .as("all items in their own mm, newest first; only then children, for each item again")
          .containsExactly(b.mm(), a.mm(), a.mm(), childOfB.mm(), childOfA.mm(), childOfA.mm());
      assertThat(order.found).hasSize(6);
    }
  }

  @Test
  void stops_everywhere_when_the_callback_has_enough() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(4);
      for (int i = 0; i < 4; i++) {
        TestMachine.write(a, i, 1);
      }
      m.passes(2);
      Finder first =
          new Finder(m) {
            @Override
            public boolean done(int folio) {
              return found.size() == 2;
            }
          };
      walk(m, TestMachine.pfn(a, 0), first);
      assertThat(first.found).hasSize(2);
      assertThat(m.machine.work().rmapIterations).isEqualTo(2);
    }
  }

  @Test
  void says_that_it_gave_up_where_a_lock_is_taken_and_it_may_only_try() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(2);
      TestMachine.write(a, 0, 1);
      TestMachine.write(a, 1, 1);
      m.passes(2);
      VmArea vma = a.mm().vmas.get(0);
      var lock = Objects.requireNonNull(vma.anonVma).root.rwsem;
      lock.writeLock();
      Finder finder = new Finder(m);
      finder.tryLock = true;
      walk(m, TestMachine.pfn(a, 0), finder);
      assertThat(finder.contended).isTrue();
      assertThat(finder.found).isEmpty();
      lock.writeUnlock();
    }
  }

  @Test
  void the_folio_must_be_merged_and_locked() throws Exception {
    TestMachine m = TestMachine.boot("linux-6.18");
    UserProcess a = m.mergeable(2);
    TestMachine.write(a, 0, 1);
    TestMachine.write(a, 1, 1);
    RmapWalkKsm walk = m.machine.ksm().rmapWalk();
    assertThatThrownBy(() -> walk.rmapWalkKsm(TestMachine.pfn(a, 0), new Finder(m)))
        .isInstanceOf(KernelBugException.class);
    m.passes(2);
    assertThatThrownBy(() -> walk.rmapWalkKsm(TestMachine.pfn(a, 0), new Finder(m)))
        .hasMessageContaining("not locked");
    assertThat(m.machine.log().reports()).hasSize(2);
    m.machine.close();
  }
}
