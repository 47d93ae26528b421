// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;

/** Merging, and taking it back, under every profile. */
final class KsmMergeTest {
  static List<String> profiles() {
    return TestMachine.profiles();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void equal_pages_of_two_processes_merge_in_the_second_pass(String profile) throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      int n = 100;
      UserProcess a = m.mergeable(n);
      UserProcess b = m.mergeable(n);
      for (int i = 0; i < n; i++) {
        write(a, i, 7);
        write(b, i, 7);
      }
      m.passes(1);
      assertThat(m.ksm("pages_shared")).as("the first pass takes checksums").isZero();
      assertThat(m.ksm("pages_volatile")).isEqualTo(2L * n);
      m.passes(1);
      assertThat(m.ksm("pages_shared")).isEqualTo(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(2L * n - 1);
      assertThat(m.ksm("pages_unshared")).isZero();
      assertThat(m.ksm("pages_volatile")).isZero();
      assertThat(a.mm().ksmMergingPages).isEqualTo(n);
      assertThat(b.mm().ksmMergingPages).isEqualTo(n);
      // an item that stores the offset in a field of its own is 72 bytes
      long item = profile.equals("rmap-v4") || profile.equals("rmap-pgoff-fallback") ? 72 : 64;
      assertThat(m.ksm("general_profit")).isEqualTo((2L * n - 1) * 4096 - 2L * n * item);
      assertThat(a.ksmProcessProfit()).isEqualTo(n * (4096 - item));
      assertThat(pfn(a, 3)).isEqualTo(pfn(b, 99));
      assertThat(flags(a, 3)).as("clean and read-only").isEqualTo(0x8000_0000_0000_0025L);
      check(b, 42, 7);
    }
  }

  @Test
  void of_two_that_meet_in_the_unstable_tree_the_one_scanned_now_survives() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(3);
      write(a, 0, 5);
      write(a, 1, 5);
      write(a, 2, 5);
      int first = pfn(a, 0);
      int second = pfn(a, 1);
      m.passes(2);
      assertThat(pfn(a, 0)).isEqualTo(second).isNotEqualTo(first);
      assertThat(pfn(a, 2)).as("the third joins the stable page").isEqualTo(second);
    }
  }

  @Test
  void a_page_that_changes_between_passes_is_not_merged() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(2);
      for (int pass = 0; pass < 4; pass++) {
        write(a, 0, pass);
        write(a, 1, pass);
        m.passes(1);
      }
      assertThat(m.ksm("pages_shared")).isZero();
      assertThat(m.ksm("pages_unshared")).isZero();
    }
  }

  @Test
  void a_write_to_a_merged_page_copies_it_and_leaves_the_others_alone() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(3);
      for (int i = 0; i < 3; i++) {
        write(a, i, 1);
      }
      m.passes(2);
      int merged = pfn(a, 0);
      write(a, 0, 2);
      assertThat(pfn(a, 0)).isNotEqualTo(merged);
      assertThat(flags(a, 0)).isEqualTo(0x8000_0000_0000_0067L);
      assertThat(m.ksm("pages_sharing")).as("counts follow in the next pass").isEqualTo(2);
      check(a, 0, 2);
      check(a, 1, 1);
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(1);
      assertThat(m.ksm("pages_volatile")).isEqualTo(1);
    }
  }

  @Test
  void the_last_mapping_of_a_merged_page_is_copied_too_when_it_is_written() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(2);
      write(a, 0, 1);
      write(a, 1, 1);
      m.passes(2);
      int merged = pfn(a, 1);
      write(a, 0, 2);
      write(a, 1, 3);
      assertThat(pfn(a, 1)).as("a KSM page is never reused").isNotEqualTo(merged);
      m.passes(1);
      assertThat(m.ksm("pages_shared")).isZero();
    }
  }

  @Test
  void unmergeable_gives_each_page_back_clean_read_only_and_exclusive() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(4);
      for (int i = 0; i < 4; i++) {
        write(a, i, 1);
      }
      m.passes(2);
      a.madvise(BASE, 4 * 4096, Advice.UNMERGEABLE);
      List<Integer> frames = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        frames.add(pfn(a, i));
        assertThat(flags(a, i)).isEqualTo(0x8000_0000_0000_0025L);
        assertThat(m.machine.memory().folios().pageAnonExclusive(pfn(a, i))).isTrue();
        check(a, i, 1);
      }
      assertThat(frames).doesNotHaveDuplicates();
      assertThat(m.ksm("pages_sharing")).as("until the next pass").isEqualTo(3);
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).isZero();
      assertThat(a.mm().ksmRmapItems).isZero();
    }
  }

  @Test
  void writing_2_to_run_breaks_everything_apart_and_starts_the_count_anew() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(10);
      for (int i = 0; i < 10; i++) {
        write(a, i, i % 2);
      }
      m.passes(3);
      assertThat(m.ksm("pages_shared")).isEqualTo(2);
      assertThat(m.store("run", "2")).isZero();
      for (String counter :
          List.of("pages_shared", "pages_sharing", "pages_unshared", "full_scans")) {
        assertThat(m.ksm(counter)).as(counter).isZero();
      }
      assertThat(a.mm().ksmRmapItems).isZero();
      assertThat(m.machine.ksm().state().ksmMmHead.listEmpty()).as("slots stay").isFalse();
      for (int i = 0; i < 10; i++) {
        check(a, i, i % 2);
      }
      m.passes(2);
      assertThat(m.ksm("pages_shared")).isEqualTo(2);
    }
  }

  @Test
  void a_signal_ends_writing_2_to_run_and_merging_goes_on_soundly() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(6);
      for (int i = 0; i < 6; i++) {
        write(a, i, i / 2);
      }
      write(a, 5, 99);
      m.passes(2);
      assertThat(m.ksm("pages_unshared")).isEqualTo(2);
      m.machine.currentTask().setSignalPending(true);
      assertThat(m.store("run", "2")).isEqualTo(-Errno.ERESTARTSYS);
      assertThat(m.ksm("run")).isZero();
      m.machine.currentTask().setSignalPending(false);
      m.passes(2);
      assertThat(m.ksm("pages_shared")).isEqualTo(2);
    }
  }

  @Test
  void a_full_page_starts_a_chain_and_the_chain_collapses_with_its_last_duplicate()
      throws Exception {
    try (TestMachine m =
        TestMachine.boot(
            "linux-6.18",
            "ksm.max_page_sharing=2",
            "ksm.stable_node_chains_prune_millisecs=0",
            "ksm.smart_scan=0")) {
      UserProcess a = m.mergeable(5);
      for (int i = 0; i < 5; i++) {
        write(a, i, 1);
      }
      m.passes(3);
      assertThat(m.ksm("pages_shared")).isEqualTo(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(2);
      assertThat(m.ksm("pages_unshared")).as("one finds no partner").isEqualTo(1);
      assertThat(m.ksm("stable_node_chains")).isEqualTo(1);
      assertThat(m.ksm("stable_node_dups")).isEqualTo(2);
      assertThat(m.store("max_page_sharing", "10")).isEqualTo(-Errno.EBUSY);
      int gone = pfn(a, 0);
      for (int i = 0; i < 5; i++) {
        if (pfn(a, i) == gone) {
          write(a, i, 50 + i);
        }
      }
      m.passes(2);
      assertThat(m.ksm("stable_node_chains")).isZero();
      assertThat(m.ksm("stable_node_dups")).isZero();
      assertThat(m.ksm("pages_shared")).isEqualTo(1);
    }
  }

  @Test
  void pages_of_zeros_go_to_the_zero_page_when_asked_and_come_back_on_a_write() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "ksm.use_zero_pages=1")) {
      UserProcess a = m.mergeable(3);
      for (int i = 0; i < 3; i++) {
        a.writePage(page(i), new byte[4096]);
      }
      m.passes(2);
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(3);
      assertThat(flags(a, 0)).isEqualTo(0x8400_0000_0000_0225L);
      assertThat(m.ksm("pages_shared")).isZero();
      assertThat(m.ksm("general_profit")).isEqualTo(3 * 4096 - 3 * 64);
      a.writeByte(page(1), (byte) 0);
      assertThat(m.ksm("ksm_zero_pages")).as("at once").isEqualTo(2);
      a.madvise(page(0), 4096, Advice.DONTNEED);
      assertThat(m.ksm("ksm_zero_pages")).isEqualTo(1);
      a.touch(page(0));
      assertThat(flags(a, 0)).as("a read fault's zero page").isEqualTo(0x8000_0000_0000_0225L);
      a.madvise(BASE, 3 * 4096, Advice.UNMERGEABLE);
      assertThat(m.ksm("ksm_zero_pages")).isZero();
      assertThat(flags(a, 2)).isEqualTo(0x8000_0000_0000_0025L);
    }
  }

  /**
   * P processed, s skipped; the pass after a visit of age 3 and more grants 1, 2, 4, then 8 skips.
   */
  @Test
  void smart_scan_looks_at_a_lone_page_ever_less_often() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      write(m.mergeable(1), 0, 1);
      StringBuilder log = new StringBuilder();
      long scanned = 0;
      for (int pass = 1; pass <= 41; pass++) {
        m.passes(1);
        log.append(m.ksm("pages_scanned") > scanned ? 'P' : 's');
        scanned = m.ksm("pages_scanned");
      }
      assertThat(log.toString()).isEqualTo("PPPPsPssPssssPssssssssPssssssssPssssssssP");
      assertThat(m.ksm("pages_skipped")).isEqualTo(41 - scanned);
    }
  }

  @Test
  void skipped_pages_leave_the_unstable_tree_and_cost_no_budget() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(10);
      for (int i = 0; i < 10; i++) {
        write(a, i, i);
      }
      m.passes(4);
      assertThat(m.ksm("pages_unshared")).isEqualTo(10);
      long full = m.ksm("full_scans");
      m.machine.ksm().ksmd().batch(1);
      assertThat(m.ksm("pages_skipped")).as("all ten in a batch of one").isEqualTo(10);
      assertThat(m.ksm("pages_unshared")).isZero();
      assertThat(m.ksm("full_scans")).isEqualTo(full + 1);
    }
  }

  @ParameterizedTest(name = "after {0} of 12 pages")
  @ValueSource(ints = {0, 1, 4, 5, 8, 11, 12})
  void an_mm_may_exit_wherever_the_cursor_rests(int pages) throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      List<UserProcess> processes = new ArrayList<>();
      for (int p = 0; p < 3; p++) {
        UserProcess process = m.mergeable(4);
        for (int i = 0; i < 4; i++) {
          write(process, i, i);
        }
        processes.add(process);
      }
      m.passes(2);
      if (pages > 0) {
        m.machine.ksm().ksmd().batch(pages);
      }
      processes.get(1).exit();
      m.passes(1);
      assertThat(m.ksm("pages_shared")).isEqualTo(4);
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(4);
      processes.get(0).exit();
      processes.get(2).exit();
      m.passes(2);
      assertThat(m.machine.ksm().state().ksmMmHead.listEmpty()).isTrue();
      assertThat(m.ksm("pages_shared")).isZero();
      assertThat(m.machine.mms()).isEmpty();
      assertThat(m.machine.memory().allocator().pagesInUse()).as("nothing leaked").isZero();
      assertThat(m.machine.ksm().ksmd().fullPass()).as("no mm, no pass").isFalse();
    }
  }

  @Test
  void an_mm_without_items_leaves_at_once_when_it_exits() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(1);
      UserProcess b = m.mergeable(1);
      b.exit();
      assertThat(m.machine.mms()).containsExactly(a.mm());
    }
  }

  @Test
  void an_mm_without_mergeable_vmas_is_taken_off_the_list_by_the_next_pass() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(2);
      write(a, 0, 1);
      m.passes(1);
      a.madvise(BASE, 2 * 4096, Advice.UNMERGEABLE);
      m.passes(1);
      assertThat(m.machine.ksm().state().ksmMmHead.listEmpty()).isTrue();
      a.madvise(BASE, 2 * 4096, Advice.MERGEABLE);
      assertThat(m.machine.ksm().state().ksmMmHead.listEmpty()).as("and comes back").isFalse();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void a_mergeable_vma_that_was_never_touched_keeps_its_mm_on_the_list(String profile)
      throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      m.mergeable(2);
      m.passes(3);
      assertThat(m.machine.ksm().state().ksmMmHead.listEmpty()).isFalse();
      assertThat(m.ksm("full_scans")).isEqualTo(3);
    }
  }

  @Test
  void a_held_page_is_not_merged() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(2);
      write(a, 0, 1);
      write(a, 1, 1);
      int held = pfn(a, 1);
      m.machine.memory().folios().folioGet(held);
      m.passes(3);
      assertThat(m.ksm("pages_shared")).isZero();
      assertThat(flags(a, 1)).as("its entry is as before").isEqualTo(0x8000_0000_0000_0067L);
      m.machine.memory().folios().folioPut(held);
      m.passes(2);
      assertThat(m.ksm("pages_shared")).isEqualTo(1);
    }
  }

  @Test
  void a_locked_page_is_left_for_another_pass() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.mergeable(3);
      for (int i = 0; i < 3; i++) {
        write(a, i, 1);
      }
      int locked = pfn(a, 2);
      m.machine.memory().folios().folioLock(locked);
      m.passes(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(1);
      m.machine.memory().folios().folioUnlock(locked);
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(2);
    }
  }
}
