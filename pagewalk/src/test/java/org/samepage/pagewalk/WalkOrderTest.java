// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.pagewalk.WalkCallback.P4D_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PGD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PMD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.POST_VMA;
import static org.samepage.pagewalk.WalkCallback.PRE_VMA;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_HOLE;
import static org.samepage.pagewalk.WalkCallback.PUD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.TEST_WALK;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.GIB;
import static org.samepage.pagewalk.WalkedMemory.MIB2;
import static org.samepage.pagewalk.WalkedMemory.PAGE;
import static org.samepage.pagewalk.WalkedMemory.TOP;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.vma.VmArea;

/** Who is called, with what, in which order. */
final class WalkOrderTest {
  private final WalkedMemory m = new WalkedMemory();

  @AfterEach
  void close() {
    m.close();
  }

  @Test
  void all_callbacks_over_two_mappings_in_one_order() {
    VmArea low = m.map(TOP - 2 * PAGE, 4);
    VmArea high = m.map(TOP + GIB - MIB2, 513);
    m.populate(low, TOP - PAGE, TOP + PAGE);
    m.populate(high, TOP + GIB - PAGE, TOP + GIB);
    RecordingOps ops =
        new RecordingOps(
            BASE, PGD_ENTRY, P4D_ENTRY, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY, PTE_HOLE, TEST_WALK,
            PRE_VMA, POST_VMA);
    assertThat(m.walkMm(TOP - 3 * PAGE, TOP + GIB + 5 * PAGE, ops)).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "hole-1@7fffffd000+1000",
            "test@7fffffe000+4000",
            "pre@7fffffe000+4000",
            "pgd@7fffffe000+2000",
            "p4d@7fffffe000+2000",
            "pud@7fffffe000+2000",
            "pmd@7fffffe000+2000",
            "pte@7ffffff000+1000",
            "pgd@8000000000+2000",
            "p4d@8000000000+2000",
            "pud@8000000000+2000",
            "pmd@8000000000+2000",
            "pte@8000001000+1000",
            "post",
            "hole-1@8000002000+3fdfe000",
            "test@803fe00000+201000",
            "pre@803fe00000+201000",
            "pgd@803fe00000+201000",
            "p4d@803fe00000+201000",
            "pud@803fe00000+200000",
            "pmd@803fe00000+200000",
            "pte@803ffff000+1000",
            "pud@8040000000+1000",
            "pmd@8040000000+1000",
            "pte@8040000000+1000",
            "post",
            "hole-1@8040001000+4000");
    assertThat(ops.ptes).isEqualTo(2 + 2 + 512 + 1).isEqualTo(ops.ptesLocked);
  }

  @Test
  void holes_are_clamped_to_the_walk_and_to_their_level_and_never_joined() {
    VmArea vma = m.map(0, (2 * TOP + 3 * GIB) / PAGE);
    m.populate(vma, TOP + GIB + MIB2);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE);
    long start = BASE + 5 * PAGE;
    long end = BASE + TOP + GIB + 4 * MIB2 + 3 * PAGE;
    assertThat(m.pageWalk.walkPageRangeVma(vma, start, end, new MmWalk(ops))).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "hole0@5000+7fffffb000",
            "hole2@8000000000+40000000",
            "hole3@8040000000+200000",
            "pte@8040200000+1000",
            "hole3@8040400000+200000",
            "hole3@8040600000+200000",
            "hole3@8040800000+3000");
    assertThat(ops.ptes).as("an empty table is no hole, but 512 entries").isEqualTo(512);
  }

  @Test
  void an_empty_table_of_puds_or_pmds_has_holes_of_its_own_level() {
    VmArea vma = m.map(0, 2 * GIB / PAGE);
    var _ = m.pmdTable(BASE);
    RecordingOps ops = new RecordingOps(BASE, PMD_ENTRY, PTE_HOLE);
    assertThat(m.pageWalk.walkPageRangeVma(vma, BASE + GIB - MIB2, BASE + 2 * GIB, new MmWalk(ops)))
        .isZero();
    assertThat(ops.visits).containsExactly("hole3@3fe00000+200000", "hole2@40000000+40000000");
  }

  @Test
  void a_hole_may_stop_the_walk_at_each_level() {
    VmArea vma = m.map(0, (2 * TOP) / PAGE);
    m.populate(vma, TOP + GIB + MIB2);
    for (String stop : new String[] {"hole0@0", "hole2@8000000000", "hole3@8040000000"}) {
      RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE, PRE_VMA, POST_VMA);
      ops.answer = (visit, walk) -> visit.startsWith(stop) ? -Errno.EINTR : 0;
      assertThat(m.walk(vma, ops)).isEqualTo(-Errno.EINTR);
      assertThat(ops.visits).last().isEqualTo("post");
      assertThat(ops.visits.get(ops.visits.size() - 2)).startsWith(stop);
    }
  }

  @Test
  void an_entry_of_each_level_may_stop_the_walk_before_what_is_below() {
    VmArea vma = m.map(0, 2);
    m.populate(vma, 0, PAGE);
    String[] levels = {"pgd", "p4d", "pud", "pmd", "pte"};
    for (int i = 0; i < levels.length; i++) {
      String stop = levels[i];
      RecordingOps ops =
          new RecordingOps(BASE, PGD_ENTRY, P4D_ENTRY, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY);
      ops.answer = (visit, walk) -> visit.startsWith(stop) ? 42 : 0;
      assertThat(m.walk(vma, ops)).as(stop).isEqualTo(42);
      assertThat(ops.visits).hasSize(i + 1).last().asString().startsWith(stop);
      assertThat(m.memory.table(m.mm, BASE).ptl.isLocked()).isFalse();
    }
  }

  @Test
  void a_stop_in_one_mapping_closes_its_bracket_and_no_later_one_opens() {
    VmArea a = m.map(0, 1);
    VmArea b = m.map(2 * PAGE, 1);
    m.populate(a, 0);
    m.populate(b, 2 * PAGE);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE, PRE_VMA, POST_VMA);
    ops.answer = (visit, walk) -> visit.startsWith("pte") ? -Errno.EFAULT : 0;
    assertThat(m.walkMm(0, 4 * PAGE, ops)).isEqualTo(-Errno.EFAULT);
    assertThat(ops.visits).containsExactly("pre@0+1000", "pte@0+1000", "post");
  }

  @Test
  void a_hole_between_mappings_may_stop_the_walk_outside_any_bracket() {
    VmArea a = m.map(0, 1);
    m.map(2 * PAGE, 1);
    m.populate(a, 0);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE, PRE_VMA, POST_VMA);
    ops.answer = (visit, walk) -> visit.startsWith("hole-1") ? 3 : 0;
    assertThat(m.walkMm(0, 4 * PAGE, ops)).isEqualTo(3);
    assertThat(ops.visits).containsExactly("pre@0+1000", "pte@0+1000", "post", "hole-1@1000+1000");
  }

  @Test
  void a_walk_says_which_mapping_it_is_in_and_none_in_a_hole() {
    VmArea vma = m.map(PAGE, 1);
    m.populate(vma, PAGE);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE);
    ops.answer =
        (visit, walk) -> {
          assertThat(walk.mm()).isSameAs(m.mm);
          assertThat(walk.vma()).as(visit).isSameAs(visit.startsWith("pte") ? vma : null);
          return 0;
        };
    assertThat(m.walkMm(0, 3 * PAGE, ops)).isZero();
    assertThat(ops.visits).containsExactly("hole-1@0+1000", "pte@1000+1000", "hole-1@2000+1000");
  }

  @Test
  void the_mapping_after_this_one_is_looked_up_before_callbacks_change_this_one() {
    VmArea a = m.map(0, 2);
    VmArea b = m.map(2 * PAGE, 1);
    m.populate(a, 0);
    m.populate(b, 2 * PAGE);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE);
    ops.answer =
        (visit, walk) -> {
          if (visit.equals("pte@0+1000")) {
            m.mm.vmas.remove(b);
          }
          return 0;
        };
    assertThat(m.walkMm(0, 3 * PAGE, ops)).isZero();
    assertThat(ops.visits).containsExactly("pte@0+1000", "pte@2000+1000");
  }

  @Test
  void the_last_page_of_an_end_that_is_not_aligned_is_visited() {
    VmArea vma = m.map(0, 4);
    m.populate(vma, 0, PAGE, 2 * PAGE, 3 * PAGE);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY);
    assertThat(m.walkMm(PAGE, 2 * PAGE + 1, ops)).isZero();
    assertThat(ops.visits).containsExactly("pte@1000+1000", "pte@2000+1000");
    ops.visits.clear();
    assertThat(m.walkMm(PAGE + 0x800, 4 * PAGE, ops)).isZero();
    assertThat(ops.visits)
        .as("and from within a page on, the addresses stay within pages")
        .containsExactly("pte@1800+1000", "pte@2800+1000", "pte@3800+1000");
  }

  @Test
  void an_end_above_all_addresses_is_unsigned() {
    VmArea vma = m.map(0, 3);
    m.populate(vma, PAGE);
    RecordingOps ops = new RecordingOps(0, PTE_ENTRY, PTE_HOLE);
    assertThat(m.pageWalk.walkPageRange(m.mm, BASE, -1, new MmWalk(ops))).isZero();
    assertThat(ops.visits)
        .containsExactly("pte@100000001000+1000", "hole-1@100000003000+ffffefffffffcfff");
    ops.visits.clear();
    long kernel = 0xffff_8000_0000_0000L;
    assertThat(m.pageWalk.walkPageRange(m.mm, kernel, -1, new MmWalk(ops))).isZero();
    assertThat(ops.visits)
        .as("no mapping is above the upper half")
        .containsExactly("hole-1@ffff800000000000+7fffffffffff");
  }

  @Test
  void a_walk_from_the_lowest_address_to_the_highest_meets_what_is_in_between() {
    VmArea vma = m.map(0, 1);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(0, PTE_ENTRY, PTE_HOLE);
    assertThat(m.pageWalk.walkPageRange(m.mm, 0, -1, new MmWalk(ops))).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "hole-1@0+100000000000",
            "pte@100000000000+1000",
            "hole-1@100000001000+ffffefffffffefff");
  }
}
