// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.ksm.KsmPeek.items;
import static org.samepage.machine.ksm.KsmPeek.listEmpty;
import static org.samepage.machine.ksm.KsmPeek.node;
import static org.samepage.machine.ksm.KsmPeek.state;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.ksm.hotremove.KsmHotRemove.Action;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmStableNode.Placement;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.sched.SeededSched;

/** The port map's acceptance tests but T11 to T13, which have files of their own. */
final class PortKsmAcceptanceTest {
  private static final String PROFILE = "linux-6.18";

  static List<String> profiles() {
    return TestMachine.profiles();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void T01_two_mms_with_n_equal_pages_each(String profile) throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      int n = 128;
      UserProcess a = m.mergeable(n);
      UserProcess b = m.mergeable(n);
      fill(a, 0, n, 1);
      fill(b, 0, n, 1);
      m.passes(2);
      assertThat(m.ksm("pages_shared")).isEqualTo(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(2 * n - 1);
      assertThat(m.ksm("pages_unshared")).isZero();
      assertThat(m.ksm("pages_volatile")).isZero();
      assertThat(a.mm().ksmMergingPages).isEqualTo(n);
      assertThat(b.mm().ksmMergingPages).isEqualTo(n);
    }
  }

  @Test
  void T02_a_limit_of_two_makes_a_chain_and_one_page_stays_alone() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.max_page_sharing=2", "ksm.smart_scan=0")) {
      UserProcess a = m.mergeable(5);
      fill(a, 0, 5, 1);
      m.passes(4);
      assertThat(m.ksm("stable_node_chains")).isEqualTo(1);
      assertThat(m.ksm("stable_node_dups")).isEqualTo(2);
      assertThat(m.ksm("pages_unshared")).isEqualTo(1);
    }
  }

  @ParameterizedTest(name = "{0} ms after the chain was made there are {1} chains")
  @CsvSource({"1999, 1", "2000, 0"})
  void T02_a_dead_dup_behind_one_with_room_is_pruned_when_its_time_has_come(
      long millis, long chains) throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.max_page_sharing=3")) {
      UserProcess searcher = m.mergeable(1);
      UserProcess a = m.mergeable(5);
      fill(a, 0, 5, 1);
      m.passes(2);
      write(searcher, 0, 1);
      m.passes(2);
      assertThat(pfn(searcher, 0)).as("with the last two").isEqualTo(pfn(a, 4));
      a.madvise(BASE, 3 * 4096, Advice.DONTNEED);
      searcher.madvise(BASE, 4096, Advice.UNMERGEABLE);
      searcher.madvise(BASE, 4096, Advice.MERGEABLE);
      m.machine.clock().advanceNanos(millis * 1_000_000);
      m.machine.ksm().ksmd().batch(1);
      assertThat(pfn(searcher, 0)).as("merged again").isEqualTo(pfn(a, 4));
      assertThat(m.ksm("stable_node_chains")).isEqualTo(chains);
      assertThat(m.ksm("stable_node_dups")).isEqualTo(2 * chains);
    }
  }

  @Test
  void T03_a_write_takes_a_page_out_at_the_next_visit() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(3);
      fill(a, 0, 3, 1);
      m.passes(2);
      write(a, 1, 2);
      int checksum = items(m, a).get(1).oldchecksum();
      m.passes(1);
      KsmRmapItem item = items(m, a).get(1);
      assertThat(item.isStable()).isFalse();
      assertThat(item.isUnstable()).isFalse();
      assertThat(item.oldchecksum()).as("the new content's").isNotEqualTo(checksum);
      assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    }
  }

  @ParameterizedTest(name = "after {0} of 6 pages")
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void T04_an_exit_anywhere_frees_each_slot_once(int pages) throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      List<UserProcess> three = new ArrayList<>();
      for (int p = 0; p < 3; p++) {
        UserProcess process = m.mergeable(2);
        fill(process, 0, 2, 1);
        three.add(process);
      }
      UserProcess without = m.mergeable(2);
      m.passes(1);
      m.machine.ksm().ksmd().batch(pages);
      without.exit();
      three.forEach(UserProcess::exit);
      m.passes(2);
      assertThat(listEmpty(m)).isTrue();
      assertThat(state(m).caches.mmSlot.activeObjects()).isZero();
      assertThat(m.machine.mms()).isEmpty();
      assertThat(m.machine.memory().allocator().pagesInUse()).isZero();
    }
  }

  @Test
  void T05_a_child_begins_with_no_figures_and_joins_its_parents_pages() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.max_page_sharing=3")) {
      UserProcess a = m.mergeable(3);
      fill(a, 0, 3, 1);
      m.passes(2);
      UserProcess child = a.fork();
      assertThat(child.mm().ksmMergingPages).isZero();
      assertThat(child.mm().ksmRmapItems).isZero();
      m.passes(1);
      assertThat(child.mm().ksmMergingPages).isEqualTo(3);
      assertThat(m.ksm("pages_sharing")).as("past the limit").isEqualTo(5);
    }
  }

  @Test
  void T06_run_2_gives_every_page_back_and_run_1_merges_again() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(6);
      fill(a, 0, 5, 1);
      write(a, 5, 2);
      m.passes(3);
      assertThat(m.store("run", "2")).isZero();
      for (String name : List.of("pages_shared", "pages_sharing", "pages_unshared", "full_scans")) {
        assertThat(m.ksm(name)).as(name).isZero();
      }
      assertThat(state(m).ksmRmapItems).isZero();
      assertThat(listEmpty(m)).isFalse();
      for (int i = 0; i < 6; i++) {
        assertThat(folios(m).folioTestKsm(pfn(a, i))).isFalse();
      }
      assertThat(m.store("run", "1")).isZero();
      m.passes(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(4);
    }
  }

  @Test
  void T07_a_signal_stops_run_2_and_the_unstable_tree_stays_sound() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.smart_scan=0")) {
      UserProcess a = m.mergeable(40);
      for (int i = 0; i < 40; i++) {
        write(a, i, i);
      }
      m.passes(1);
      m.machine.ksm().ksmd().batch(25);
      assertThat(m.ksm("pages_unshared")).as("of a pass that is under way").isEqualTo(25);
      m.machine.currentTask().setSignalPending(true);
      assertThat(m.store("run", "2")).isEqualTo(-Errno.ERESTARTSYS);
      m.machine.currentTask().setSignalPending(false);
      assertThat(m.ksm("run")).isZero();
      assertThat(state(m).ksmScan.mmSlot).isSameAs(state(m).ksmMmHead);
      assertThat(m.store("run", "1")).isZero();
      fill(a, 30, 40, 7);
      m.passes(3);
      assertThat(m.ksm("pages_unshared")).isEqualTo(29);
      assertThat(m.ksm("pages_sharing")).isEqualTo(10);
      int inTree = 0;
      var at = org.samepage.mm.rb.RbTree.rbFirst(state(m).rootUnstableTree(0));
      for (; at != null; at = org.samepage.mm.rb.RbTree.rbNext(at)) {
        inTree++;
      }
      assertThat(inTree).as("the tree has what is counted, once").isEqualTo(29);
    }
  }

  @Test
  void T08_a_node_survives_the_move_of_its_page_whoever_looks_meanwhile() throws Exception {
    for (long seed = 1; seed <= 20; seed++) {
      SeededSched sched = new SeededSched(seed);
      try (TestMachine m = TestMachine.boot(sched, PROFILE, "machine.nodes=2")) {
        UserProcess a = m.mergeable(4);
        fill(a, 0, 3, 1);
        m.passes(2);
        write(a, 3, 1);
        int from = pfn(a, 0);
        KsmStableNode node = node(m, a, 0);
        boolean[] moved = new boolean[1];
        sched.run(List.of(() -> m.passes(2), () -> moved[0] = KsmPeek.tryToMove(a, 0, 1)));
        if (!moved[0]) {
          // ksmd has dropped the items of entries that were on their way, and takes them on again
          m.passes(1);
          KsmPeek.moveToNode(a, 0, 1);
        }
        assertThat(node.kpfn).as("seed " + seed).isNotEqualTo(from).isEqualTo(pfn(a, 0));
        assertThat(folios(m).folioRawMapping(node.kpfn)).isSameAs(node);
        m.passes(2);
        assertThat(node.rmapHlistLen).as("seed " + seed).isEqualTo(4);
        assertThat(m.ksm("pages_shared")).isEqualTo(1);
      }
    }
  }

  @Test
  void T09_memory_that_is_gone_takes_its_nodes_along_unseen() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.max_page_sharing=2")) {
      UserProcess a = m.mergeable(6);
      fill(a, 0, 6, 1);
      m.passes(3);
      assertThat(m.ksm("stable_node_dups")).isEqualTo(3);
      int kpfn = pfn(a, 0);
      KsmRmapItem item = items(m, a).get(0);
      assertThat(item.isStable()).isTrue();
      var hotRemove = m.machine.ksm().hotRemove();
      hotRemove.ksmMemoryCallback(Action.MEM_GOING_OFFLINE, kpfn, 1);
      assertThat(m.ksm("run")).as("the bit shows").isEqualTo(4);
      assertThat(m.machine.ksm().ksmd().fullPass()).as("ksmd waits").isFalse();
      a.madvise(BASE, 6 * 4096, Advice.UNMERGEABLE); // as if its pages had been moved away
      hotRemove.ksmMemoryCallback(Action.MEM_OFFLINE, kpfn, 1);
      assertThat(m.ksm("run")).isZero();
      assertThat(item.isStable()).isFalse();
      assertThat(m.ksm("stable_node_dups")).isEqualTo(2);
      assertThat(m.ksm("stable_node_chains")).as("no collapse here").isEqualTo(1);
      assertThat(m.ksm("pages_shared")).isEqualTo(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(2);
      hotRemove.ksmMemoryCallback(Action.MEM_GOING_OFFLINE, 0, 1 << 20);
      hotRemove.ksmMemoryCallback(Action.MEM_OFFLINE, 0, 1 << 20);
      assertThat(m.ksm("stable_node_chains")).isZero();
      assertThat(m.ksm("pages_shared")).isZero();
      assertThat(a.mm().ksmMergingPages).isZero();
      hotRemove.ksmMemoryCallback(Action.MEM_GOING_OFFLINE, kpfn, 1);
      hotRemove.ksmMemoryCallback(Action.MEM_CANCEL_OFFLINE, kpfn, 1);
      assertThat(m.machine.ksm().ksmd().fullPass()).isTrue();
    }
  }

  @Test
  void T09_each_node_in_the_range_goes_and_no_other() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(80);
      for (int i = 0; i < 80; i++) {
        write(a, i, i / 2);
      }
      m.passes(2);
      List<Integer> kpfns = new ArrayList<>();
      for (int i = 0; i < 80; i += 2) {
        kpfns.add(pfn(a, i));
      }
      kpfns.sort(null);
      int from = kpfns.get(4);
      int to = kpfns.get(36);
      a.madvise(BASE, 80 * 4096, Advice.UNMERGEABLE);
      var hotRemove = m.machine.ksm().hotRemove();
      hotRemove.ksmMemoryCallback(Action.MEM_GOING_OFFLINE, from, to - from);
      hotRemove.ksmMemoryCallback(Action.MEM_OFFLINE, from, to - from);
      assertThat(m.ksm("pages_shared")).isEqualTo(8);
      assertThat(m.ksm("pages_sharing")).isEqualTo(8);
    }
  }

  @Test
  void T10_zero_pages_are_counted_through_writes_unmaps_forks_and_unmerging() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.use_zero_pages=1")) {
      UserProcess a = m.mergeable(8);
      for (int i = 0; i < 8; i++) {
        a.writePage(page(i), new byte[4096]);
      }
      m.passes(2);
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(8);
      assertThat(m.ksm("general_profit")).isEqualTo(8 * 4096 - 8 * 64);
      a.writeByte(page(0), (byte) 1);
      a.munmap(page(1), 4096);
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(6);
      UserProcess child = a.fork();
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(12);
      assertThat(child.mm().ksmZeroPages.get()).isEqualTo(6);
      child.exit();
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(6);
      a.madvise(page(2), 6 * 4096, Advice.UNMERGEABLE);
      assertThat(m.ksm("ksm_zero_pages")).isZero();
      m.passes(1);
      assertThat(m.ksm("general_profit"))
          .as("one page is left, not mergeable by now")
          .isLessThan(1);
    }
  }

  @Test
  void T14_the_events_of_one_merge_come_in_this_order() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      TraceLog log = new TraceLog();
      m.machine.ksm().tracepoints().tracepointProbeRegister(log);
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      int first = pfn(a, 0);
      int second = pfn(a, 1);
      m.passes(2);
      assertThat(pfn(a, 0)).isEqualTo(second).isNotEqualTo(first);
      a.exit();
      m.passes(1);
      m.machine.ksm().tracepoints().tracepointProbeUnregister(log);
      m.mergeable(1);
      assertThat(log.lines)
          .containsExactly(
              "enter",
              "start_scan 0 0",
              "stop_scan 0 2",
              "start_scan 1 2",
              "merge_with_ksm_page -1 " + second + " 0",
              "merge_with_ksm_page " + second + " " + second + " 0",
              "stop_scan 1 2",
              "exit",
              "start_scan 2 2",
              "remove_rmap_item " + second,
              "remove_ksm_page " + second,
              "stop_scan 2 0");
    }
  }

  @Test
  void T15_a_page_on_another_node_is_parked_and_finds_its_place_again() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "machine.nodes=2", "ksm.merge_across_nodes=0")) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.machine.currentTask().setNumaNode(1);
      UserProcess b = m.mergeable(2);
      fill(b, 0, 2, 1);
      m.passes(2);
      assertThat(m.ksm("pages_shared")).as("one on each node").isEqualTo(2);
      KsmStableNode node0 = node(m, a, 0);
      KsmStableNode node1 = node(m, b, 0);
      assertThat(List.of(node0.nid, node1.nid)).containsExactly(0, 1);
      KsmPeek.moveToNode(a, 0, 1);
      assertThat(node0.placement).as("nobody has looked").isEqualTo(Placement.TREE);
      m.machine.ksm().ksmd().batch(1);
      assertThat(node0.placement)
          .as("appended to the equal page's new chain")
          .isEqualTo(Placement.CHAIN_DUP);
      assertThat(node0.nid).isEqualTo(1);
      assertThat(m.ksm("stable_node_chains")).isEqualTo(1);
      assertThat(m.ksm("stable_node_dups")).isEqualTo(2);
      assertThat(state(m).rootStableTree(0).isEmpty()).isTrue();
      check(a, 1, 1);
      m.passes(1);
      assertThat(m.ksm("pages_shared")).isEqualTo(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(2);
      assertThat(state(m).migrateNodes).isEmpty();
    }
  }

  @Test
  void T15_a_page_without_an_equal_one_on_its_new_node_moves_into_that_tree() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "machine.nodes=2", "ksm.merge_across_nodes=0")) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      KsmStableNode node = node(m, a, 0);
      KsmPeek.moveToNode(a, 0, 1);
      m.passes(1);
      assertThat(node.placement).isEqualTo(Placement.TREE);
      assertThat(node.nid).isEqualTo(1);
      assertThat(state(m).rootStableTree(0).isEmpty()).isTrue();
      assertThat(state(m).rootStableTree(1).rbNode()).isSameAs(node);
      assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    }
  }

  @Test
  void T15_pages_of_two_nodes_do_not_merge_and_a_parked_page_may_die_there() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "machine.nodes=2", "ksm.merge_across_nodes=0")) {
      UserProcess a = m.mergeable(1);
      write(a, 0, 1);
      m.machine.currentTask().setNumaNode(1);
      UserProcess b = m.mergeable(1);
      write(b, 0, 1);
      m.passes(3);
      assertThat(m.ksm("pages_shared")).isZero();
      assertThat(m.ksm("pages_unshared")).isEqualTo(2);
      assertThat(m.store("merge_across_nodes", "1")).isZero();
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    }
  }
}
