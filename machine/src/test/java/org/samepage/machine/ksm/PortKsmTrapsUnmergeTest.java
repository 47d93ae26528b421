// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.ksm.KsmPeek.state;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGBUS;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.RmapWalkControl;

/** Traps 11, 15, 16, 24 and 25 of the port map: walks, unmerging, and the files. */
final class PortKsmTrapsUnmergeTest {
  private static final String PROFILE = "linux-6.18";

  /** Writes down which processes are visited, and ends where told to. */
  private static final class Visits extends RmapWalkControl {
    final List<VmArea> seen = new ArrayList<>();
    int enough = Integer.MAX_VALUE;

    @Override
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      seen.add(vma);
      return seen.size() < enough;
    }
  }

  private static void walk(TestMachine m, int folio, RmapWalkControl rwc) {
    folios(m).folioLock(folio);
    m.machine.ksm().rmapWalk().rmapWalkKsm(folio, rwc);
    folios(m).folioUnlock(folio);
  }

  @Test
  void trap_11_all_items_own_mms_come_first_and_the_first_no_ends_both_passes() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      UserProcess child = a.fork();
      VmArea own = a.mm().vmas.get(0);
      VmArea forked = child.mm().vmas.get(0);
      Visits all = new Visits();
      walk(m, pfn(a, 0), all);
      assertThat(all.seen).containsExactly(own, own, forked, forked);
      Visits one = new Visits();
      one.enough = 1;
      walk(m, pfn(a, 0), one);
      assertThat(one.seen).hasSize(1);
      m.passes(1);
      Visits both = new Visits();
      walk(m, pfn(a, 0), both);
      assertThat(both.seen)
          .as("an mm with items of its own is visited by its parent's items too")
          .containsExactly(forked, forked, own, own, forked, forked);
    }
  }

  @Test
  void trap_15_memory_that_cannot_be_had_is_the_only_fault_that_unmerging_reports()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "strategy.unmerge=per-address")) {
      UserProcess a = m.mergeable(3);
      fill(a, 0, 3, 1);
      m.passes(2);
      int merged = pfn(a, 1);
      m.machine.failFaults().follow((vma, addr, flags) -> addr == page(1) ? VM_FAULT_SIGBUS : 0);
      a.madvise(BASE, 3 * 4096, Advice.UNMERGEABLE);
      m.machine.failFaults().follow(null);
      assertThat(pfn(a, 1)).as("left as it is").isEqualTo(merged);
      assertThat(folios(m).folioTestKsm(pfn(a, 0))).isFalse();
      assertThat(folios(m).folioTestKsm(pfn(a, 2))).as("page by page, it goes on").isFalse();
      assertThat(a.mm().vmas.get(0).has(VmFlags.VM_MERGEABLE)).as("and cleared").isFalse();
      check(a, 1, 1);
    }
  }

  @Test
  void trap_15_out_of_memory_stops_at_the_page_and_madvise_says_again() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(3);
      fill(a, 0, 3, 1);
      m.passes(2);
      m.machine
          .failFaults()
          .follow((vma, addr, flags) ->
              addr == page(1) && (flags & FAULT_FLAG_UNSHARE) != 0 ? VM_FAULT_OOM : 0);
      assertThatThrownBy(() -> a.madvise(BASE, 3 * 4096, Advice.UNMERGEABLE))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("EAGAIN");
      m.machine.failFaults().follow(null);
      assertThat(folios(m).folioTestKsm(pfn(a, 0))).isFalse();
      assertThat(folios(m).folioTestKsm(pfn(a, 2))).isTrue();
      assertThat(a.mm().vmas.get(0).has(VmFlags.VM_MERGEABLE)).isTrue();
    }
  }

  @Test
  void trap_15_a_fault_that_backs_off_is_made_again_until_the_page_is_no_ksm_page()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      int[] retries = {5};
      int vmFaultRetry = 1 << 10;
      m.machine.failFaults().follow((vma, addr, flags) -> retries[0]-- > 0 ? vmFaultRetry : 0);
      a.madvise(BASE, 2 * 4096, Advice.UNMERGEABLE);
      assertThat(retries[0]).as("5, then one for each page").isEqualTo(-2);
      assertThat(folios(m).folioTestKsm(pfn(a, 0))).isFalse();
    }
  }

  @Test
  void trap_16_mremap_unmerges_what_it_moves_and_the_mapping_stays_mergeable() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(4);
      fill(a, 0, 4, 1);
      m.passes(2);
      int merged = pfn(a, 0);
      a.mremap(page(2), 2 * 4096, 2 * 4096, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, page(10));
      assertThat(pfn(a, 10)).isNotEqualTo(merged).isNotEqualTo(pfn(a, 11));
      assertThat(a.mm().vmas.vmaLookup(page(10)).has(VmFlags.VM_MERGEABLE)).isTrue();
      assertThat(pfn(a, 0)).isEqualTo(merged);
      m.passes(2);
      assertThat(pfn(a, 10)).as("and is merged again").isEqualTo(merged);
    }
  }

  @Test
  void trap_24_what_depends_on_merged_pages_changes_with_none_and_equal_values_always()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "machine.nodes=2")) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      assertThat(m.store("max_page_sharing", "256")).as("the same").isZero();
      assertThat(m.store("merge_across_nodes", "1")).as("the same").isZero();
      assertThat(m.store("max_page_sharing", "1000")).isEqualTo(-Errno.EBUSY);
      assertThat(m.store("merge_across_nodes", "0")).isEqualTo(-Errno.EBUSY);
      assertThat(m.store("max_page_sharing", "1")).as("a bad value first").isEqualTo(-Errno.EINVAL);
      a.madvise(BASE, 2 * 4096, Advice.DONTNEED);
      assertThat(m.store("max_page_sharing", "1000"))
          .as("counted until ksmd has looked")
          .isEqualTo(-Errno.EBUSY);
      m.passes(1);
      assertThat(m.store("max_page_sharing", "1000")).isZero();
      assertThat(m.store("merge_across_nodes", "0")).isZero();
    }
  }

  @Test
  void trap_25_one_wakes_ksmd_even_where_it_runs_and_two_twice_does_nothing() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      assertThat(m.store("run", "1")).isZero();
      long woken = state(m).ksmThreadWait.wakeUps();
      assertThat(m.store("run", "1")).isZero();
      assertThat(state(m).ksmThreadWait.wakeUps()).isEqualTo(woken + 1);
      assertThat(m.store("run", "2")).isZero();
      assertThat(state(m).ksmThreadWait.wakeUps()).isEqualTo(woken + 1);
      m.passes(2);
      assertThat(m.store("run", "2")).isZero();
      assertThat(m.ksm("full_scans")).as("not unmerged again").isEqualTo(2);
      assertThat(m.ksm("pages_shared")).isEqualTo(1);
      write(a, 0, 2);
    }
  }
}
