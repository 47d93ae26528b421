// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.ksm.KsmPeek.items;
import static org.samepage.machine.ksm.KsmPeek.listEmpty;
import static org.samepage.machine.ksm.KsmPeek.state;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.vma.AddressSpace;

/** Traps 1, 7, 8, 13, 17, 18, 20, 22, 23 of the port map: the scan, and what it merges. */
final class PortKsmTrapsScanTest {
  private static final String PROFILE = "linux-6.18";

  static List<String> profiles() {
    return TestMachine.profiles();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void trap_01_an_mm_stays_on_the_list_for_a_mergeable_vma_and_for_nothing_else(String profile)
      throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess empty = m.mergeable(4);
      m.passes(2);
      assertThat(listEmpty(m)).as("a mergeable VMA that was never touched").isFalse();
      empty.madvise(BASE, 4 * 4096, Advice.UNMERGEABLE);
      m.passes(1);
      assertThat(listEmpty(m)).as("no mergeable VMA").isTrue();
      assertThat(empty.mm().mmFlagsTest(MMF_VM_MERGEABLE)).isFalse();
    }
  }

  @Test
  void trap_07_an_item_costs_64_bytes_in_both_profits() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(3);
      for (int i = 0; i < 3; i++) {
        write(a, i, i);
      }
      m.passes(1);
      assertThat(m.ksm("general_profit")).isEqualTo(-3 * 64);
      assertThat(a.ksmProcessProfit()).isEqualTo(-3 * 64);
      assertThat(m.machine.ksm().sysfs().show("general_profit")).isEqualTo("-192\n");
    }
  }

  @Test
  void trap_08_an_entry_is_put_back_as_it_was_where_somebody_else_holds_the_page()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      long before = flags(a, 1);
      int held = pfn(a, 1);
      folios(m).folioGet(held);
      m.passes(3);
      assertThat(flags(a, 1)).isEqualTo(before);
      assertThat(folios(m).pageAnonExclusive(held)).isTrue();
      assertThat(folios(m).folioTestKsm(pfn(a, 0)))
          .as("the other one, which was a KSM page for a moment, is given back")
          .isFalse();
      assertThat(m.ksm("pages_shared")).isZero();
      folios(m).folioPut(held);
    }
  }

  @Test
  void trap_13_a_batch_ends_with_the_pass_or_for_want_of_an_item_and_skips_are_free()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(6);
      for (int i = 0; i < 6; i++) {
        write(a, i, i);
      }
      m.machine.failSlab().follow(FailSlab.nth(Alloc.KSM_RMAP_ITEM, 4));
      m.machine.ksm().ksmd().batch(100);
      m.machine.failSlab().follow(null);
      assertThat(m.ksm("pages_scanned")).as("no item for the fourth").isEqualTo(3);
      assertThat(state(m).ksmScan.address).as("which comes again").isEqualTo(page(3));
      m.machine.ksm().ksmd().batch(100);
      assertThat(m.ksm("pages_scanned")).as("not into the next pass").isEqualTo(6);
      assertThat(m.ksm("full_scans")).isEqualTo(1);
      m.passes(3);
      m.machine.ksm().ksmd().batch(1);
      assertThat(m.ksm("pages_skipped")).isEqualTo(6);
      assertThat(m.ksm("full_scans")).isEqualTo(5);
      m.machine.ksm().ksmd().batch(0);
      assertThat(m.ksm("pages_scanned")).isEqualTo(4 * 6);
    }
  }

  @Test
  void trap_17_a_scan_clears_mergeable_alone_and_an_exit_both_flags() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.machine.newProcess();
      a.prctlMemoryMerge(1);
      m.passes(1);
      assertThat(listEmpty(m)).isTrue();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGEABLE)).isFalse();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGE_ANY)).isTrue();
      a.mmap(BASE, 4096, RW, true);
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGEABLE)).as("a mapping brings it back").isTrue();
      assertThat(listEmpty(m)).isFalse();
      a.exit();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGEABLE)).isFalse();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGE_ANY)).isFalse();
    }
  }

  @Test
  void trap_17_unmerging_everything_clears_both_flags_of_an_mm_that_exits() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.machine.newProcess();
      a.prctlMemoryMerge(1);
      a.mmap(BASE, 4096, RW, true);
      write(a, 0, 1);
      m.passes(1);
      a.exit();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGE_ANY)).as("left to ksmd").isTrue();
      assertThat(m.store("run", "2")).isZero();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGE_ANY)).isFalse();
      assertThat(a.mm().mmFlagsTest(MMF_VM_MERGEABLE)).isFalse();
      assertThat(a.mm().mmCount.get()).isZero();
    }
  }

  @Test
  void trap_18_mmap_lock_goes_before_the_lists_lock_unless_the_mm_leaves() throws Exception {
    OrderSched sched = new OrderSched();
    try (TestMachine m = TestMachine.boot(sched, PROFILE)) {
      UserProcess a = m.mergeable(1);
      sched.records = true;
      m.passes(1);
      assertThat(lastTwo(sched)).containsExactly(LockClass.MMAP_LOCK, LockClass.KSM_MMLIST_LOCK);
      a.madvise(BASE, 4096, Advice.UNMERGEABLE);
      sched.released.clear();
      m.passes(1);
      assertThat(lastTwo(sched)).containsExactly(LockClass.KSM_MMLIST_LOCK, LockClass.MMAP_LOCK);
    }
  }

  private static List<LockClass> lastTwo(OrderSched sched) {
    List<LockClass> two =
        sched.released.stream().filter(c -> c != LockClass.KSM_THREAD_MUTEX).toList();
    return two.subList(two.size() - 2, two.size());
  }

  @Test
  void trap_20_private_file_pages_take_part_once_written_and_shared_ones_never() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      AddressSpace file = m.machine.newFile(8 * 4096);
      UserProcess own = m.machine.newProcess();
      own.mmap(new Mmap.Request(BASE, 8 * 4096, RW, false, false, false, file, 0));
      own.madvise(BASE, 8 * 4096, Advice.MERGEABLE);
      UserProcess shared = m.machine.newProcess();
      shared.mmap(new Mmap.Request(BASE, 8 * 4096, RW, true, false, false, file, 0));
      shared.madvise(BASE, 8 * 4096, Advice.MERGEABLE);
      assertThat(shared.mm().mmFlagsTest(MMF_VM_MERGEABLE)).as("silently ignored").isFalse();
      fill(shared, 4, 8, 1);
      own.touch(page(4));
      own.touch(page(5));
      fill(own, 0, 2, 1);
      m.passes(3);
      assertThat(m.ksm("pages_shared")).isEqualTo(1);
      assertThat(m.ksm("pages_sharing")).as("the two copies alone").isEqualTo(1);
      assertThat(items(m, own)).hasSize(2);
    }
  }

  @Test
  void trap_22_a_merged_zero_page_is_dirty_and_in_no_other_count() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.use_zero_pages=1")) {
      UserProcess a = m.mergeable(3);
      a.writePage(page(0), new byte[4096]);
      a.writePage(page(1), new byte[4096]);
      a.touch(page(2));
      TraceLog log = new TraceLog();
      m.machine.ksm().tracepoints().tracepointProbeRegister(log);
      m.passes(2);
      assertThat(log.lines)
          .as("the event names the zero page, and no other event comes")
          .containsExactly(
              "start_scan 0 0",
              "stop_scan 0 2",
              "start_scan 1 2",
              "merge_one_page 1 0",
              "merge_one_page 1 0",
              "stop_scan 1 2");
      assertThat(flags(a, 0)).isEqualTo(0x8400_0000_0000_0225L);
      assertThat(flags(a, 2)).as("a read fault's").isEqualTo(0x8000_0000_0000_0225L);
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(2);
      assertThat(m.ksm("pages_shared") + m.ksm("pages_sharing")).isZero();
      assertThat(a.mm().ksmMergingPages).isZero();
      m.passes(1);
      assertThat(items(m, a)).as("their items are gone by the next pass").isEmpty();
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(2);
    }
  }

  @Test
  void trap_23_items_of_vanished_pages_stay_until_the_cursor_passes() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(6);
      for (int i = 0; i < 6; i++) {
        write(a, i, i);
      }
      m.passes(1);
      a.munmap(page(0), 2 * 4096);
      a.munmap(page(4), 2 * 4096);
      assertThat(items(m, a)).hasSize(6);
      assertThat(m.ksm("pages_volatile")).isEqualTo(6);
      m.machine.ksm().ksmd().batch(1);
      assertThat(items(m, a)).as("those before the cursor").hasSize(4);
      m.passes(1);
      assertThat(items(m, a)).as("those behind the last page").hasSize(2);
    }
  }
}
