// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.ksm.KsmPeek.items;
import static org.samepage.machine.ksm.KsmPeek.node;
import static org.samepage.machine.ksm.KsmPeek.state;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmStableNode.Placement;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.sched.SeededSched;

/** Traps 2 to 6, 9, 10, 12, 19 and 21 of the port map: trees, nodes and items. */
final class PortKsmTrapsTreesTest {
  private static final String PROFILE = "linux-6.18";

  @Test
  void trap_02_a_search_that_meets_a_stale_node_frees_it_and_starts_again() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(30);
      for (int i = 0; i < 20; i++) {
        write(a, i, i / 2);
      }
      m.passes(2);
      assertThat(m.ksm("pages_shared")).isEqualTo(10);
      TraceLog log = new TraceLog();
      m.machine.ksm().tracepoints().tracepointProbeRegister(log);
      UserProcess b = m.mergeable(2);
      fill(b, 0, 2, 500);
      a.madvise(BASE, 16 * 4096, Advice.DONTNEED);
      m.passes(2);
      assertThat(log.lines.stream().filter(line -> line.startsWith("remove_ksm_page")))
          .as("each dead node once, with all its items")
          .hasSize(8)
          .doesNotHaveDuplicates();
      assertThat(log.lines.stream().filter(line -> line.startsWith("remove_rmap_item")).count())
          .as("the last item of a node is no event; those that ksmd freed before are none either")
          .isLessThanOrEqualTo(8);
      assertThat(m.ksm("pages_shared")).isEqualTo(3);
      assertThat(m.ksm("pages_sharing")).isEqualTo(3);
    }
  }

  @Test
  void trap_03_items_of_the_last_pass_are_not_erased_from_the_tree_of_this_one() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.smart_scan=0")) {
      UserProcess a = m.mergeable(12);
      for (int i = 0; i < 12; i++) {
        write(a, i, i);
      }
      for (int pass = 0; pass < 300; pass++) {
        m.passes(1);
        assertThat(m.ksm("pages_unshared")).as("pass " + pass).isEqualTo(pass == 0 ? 0 : 12);
      }
      assertThat(m.ksm("full_scans")).as("past the wrap of the stamp").isEqualTo(300);
      m.machine.ksm().ksmd().batch(5);
      List<KsmRmapItem> inTree = new ArrayList<>();
      RbNode at = RbTree.rbFirst(state(m).rootUnstableTree(0));
      for (; at != null; at = RbTree.rbNext(at)) {
        inTree.add((KsmRmapItem) at);
      }
      assertThat(inTree).containsExactlyInAnyOrderElementsOf(items(m, a).subList(0, 5));
    }
  }

  @Test
  void trap_03_an_item_of_this_pass_is_erased_from_its_tree() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.smart_scan=0")) {
      UserProcess a = m.mergeable(8);
      for (int i = 0; i < 8; i++) {
        write(a, i, i);
      }
      m.passes(1);
      m.machine.ksm().ksmd().batch(5);
      assertThat(m.ksm("pages_unshared")).isEqualTo(5);
      assertThat(m.store("run", "2")).isZero();
      assertThat(m.ksm("pages_unshared")).isZero();
      assertThat(state(m).rootUnstableTree(0).isEmpty()).isTrue();
    }
  }

  @Test
  void trap_04_an_item_whose_node_went_stale_is_plain_whatever_it_pointed_to() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      List<KsmRmapItem> items = items(m, a);
      assertThat(items).allMatch(KsmRmapItem::isStable);
      a.madvise(BASE, 2 * 4096, Advice.DONTNEED);
      assertThat(items).as("nobody has looked yet").allMatch(KsmRmapItem::isStable);
      assertThat(m.store("max_page_sharing", "10"))
          .as("refused before the tree is looked at")
          .isNegative();
      UserProcess b = m.mergeable(2);
      fill(b, 0, 2, 1);
      m.passes(1);
      assertThat(items).noneMatch(KsmRmapItem::isStable).allMatch(item -> item.head == null);
      m.passes(1);
      assertThat(node(m, b, 0).rmapHlistLen).isEqualTo(2);
    }
  }

  @Test
  void trap_05_a_tree_item_leaves_its_nodes_tree_before_it_becomes_stable() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "machine.nodes=2", "ksm.merge_across_nodes=0")) {
      m.machine.currentTask().setNumaNode(1);
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(1);
      m.machine.ksm().ksmd().batch(1);
      KsmRmapItem first = items(m, a).get(0);
      assertThat(first.nid).isEqualTo((short) 1);
      assertThat(state(m).rootUnstableTree(1).rbNode()).isSameAs(first);
      m.machine.ksm().ksmd().batch(1);
      assertThat(first.isStable()).isTrue();
      assertThat(first.anonVma).isNotNull();
      assertThat(state(m).rootUnstableTree(1).isEmpty()).isTrue();
      assertThat(m.ksm("pages_unshared")).isZero();
    }
  }

  @Test
  void trap_06_without_the_overlay_a_page_that_was_unmerged_merges_in_the_next_pass()
      throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "strategy.rmap-item-layout=none")) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      int age = items(m, a).get(0).age();
      a.madvise(BASE, 2 * 4096, Advice.UNMERGEABLE);
      a.madvise(BASE, 2 * 4096, Advice.MERGEABLE);
      m.passes(1);
      assertThat(m.ksm("pages_shared")).as("the checksum was kept").isEqualTo(1);
      assertThat(items(m, a).get(0).age()).as("and the age").isEqualTo(age + 1);
    }
  }

  @Test
  void trap_09_the_last_dup_takes_its_chains_place_and_both_counters_fall() throws Exception {
    try (TestMachine m =
        TestMachine.boot(
            PROFILE,
            "ksm.max_page_sharing=2",
            "ksm.stable_node_chains_prune_millisecs=0",
            "ksm.smart_scan=0")) {
      UserProcess a = m.mergeable(5);
      fill(a, 0, 5, 1);
      m.passes(3);
      int gone = pfn(a, 0);
      List<Long> left = new ArrayList<>();
      for (long i = 0; i < 5; i++) {
        if (pfn(a, i) == gone) {
          write(a, i, 50 + i);
        } else if (folios(m).folioTestKsm(pfn(a, i))) {
          left.add(i);
        }
      }
      KsmStableNode last = node(m, a, left.get(0));
      assertThat(last.placement).isEqualTo(Placement.CHAIN_DUP);
      m.passes(2);
      assertThat(last.placement).isEqualTo(Placement.TREE);
      assertThat(state(m).rootStableTree(0).rbNode()).isSameAs(last);
      assertThat(m.ksm("stable_node_chains")).isZero();
      assertThat(m.ksm("stable_node_dups")).isZero();
    }
  }

  @Test
  void trap_10_a_nodes_items_do_not_change_while_its_folio_is_locked() throws Exception {
    for (long seed = 1; seed <= 6; seed++) {
      SeededSched sched = new SeededSched(seed);
      try (TestMachine m = TestMachine.boot(sched, PROFILE)) {
        UserProcess a = m.mergeable(8);
        fill(a, 0, 8, 1);
        m.passes(2);
        KsmStableNode node = node(m, a, 7);
        int merged = pfn(a, 7);
        for (int i = 0; i < 7; i++) {
          write(a, i, 100 + i);
        }
        List<Runnable> bodies = new ArrayList<>();
        bodies.add(() -> m.passes(1));
        bodies.add(() -> {
          for (int round = 0; round < 20; round++) {
            folios(m).folioLock(merged);
            KsmRmapItem first = node.firstItem();
            KsmRmapItem second = first == null ? null : first.hlistNext();
            for (int i = 0; i < 5; i++) {
              sched.yieldPoint();
              assertThat(node.firstItem()).isSameAs(first);
              assertThat(first == null ? null : first.hlistNext()).isSameAs(second);
            }
            folios(m).folioUnlock(merged);
          }
        });
        sched.run(bodies);
        assertThat(node.rmapHlistLen).as("seed " + seed).isEqualTo(1);
      }
    }
  }

  @Test
  void trap_12_the_first_item_of_a_node_is_shared_and_the_last_one_to_go() throws Exception {
    for (int[] order : new int[][] {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}}) {
      try (TestMachine m = TestMachine.boot(PROFILE)) {
        UserProcess a = m.mergeable(3);
        fill(a, 0, 3, 1);
        m.passes(2);
        List<String> figures = new ArrayList<>();
        for (int i : order) {
          write(a, i, 100 + i);
          m.passes(1);
          figures.add(m.ksm("pages_shared") + "+" + m.ksm("pages_sharing"));
        }
        assertThat(figures).as(Arrays.toString(order)).containsExactly("1+1", "1+0", "0+0");
      }
    }
  }

  @Test
  void trap_19_forked_pages_go_over_the_limit_in_silence_and_new_merges_do_not() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE, "ksm.max_page_sharing=2")) {
      UserProcess a = m.mergeable(2);
      fill(a, 0, 2, 1);
      m.passes(2);
      a.fork();
      m.passes(1);
      assertThat(node(m, a, 0).rmapHlistLen).isEqualTo(4);
      UserProcess b = m.mergeable(1);
      write(b, 0, 1);
      m.passes(3);
      assertThat(node(m, a, 0).rmapHlistLen).as("full").isEqualTo(4);
      assertThat(pfn(b, 0)).isNotEqualTo(pfn(a, 0));
      assertThat(m.machine.log().reports()).isEmpty();
    }
  }

  @Test
  void trap_21_pages_are_ordered_by_unsigned_bytes_and_hashed_to_32_bits() throws Exception {
    try (TestMachine m = TestMachine.boot(PROFILE)) {
      UserProcess a = m.mergeable(7);
      byte[] high = new byte[4096];
      high[0] = (byte) 0x80;
      byte[] low = new byte[4096];
      low[0] = 0x7f;
      for (int i = 0; i < 2; i++) {
        a.writePage(TestMachine.page(i), high);
        a.writePage(TestMachine.page(2 + i), low);
      }
      a.writePage(TestMachine.page(6), new byte[4096]);
      m.passes(2);
      RbNode first = RbTree.rbFirst(state(m).rootStableTree(0));
      assertThat(((KsmStableNode) first).kpfn).isEqualTo(pfn(a, 2));
      assertThat(((KsmStableNode) RbTree.rbNext(first)).kpfn).isEqualTo(pfn(a, 0));
      KsmRmapItem zeros = items(m, a).get(items(m, a).size() - 1);
      assertThat(zeros.oldchecksum()).as("of 4096 zeros").isEqualTo(ZEROS_XXH64);
    }
  }

  /** The low half of XXH64 with seed 0 of 4096 zeros, by the reference program. */
  private static final int ZEROS_XXH64 = 0x32d8bbdb;
}
