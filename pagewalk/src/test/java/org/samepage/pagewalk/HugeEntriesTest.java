// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.pagewalk.WalkCallback.HUGETLB_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PMD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.POST_VMA;
import static org.samepage.pagewalk.WalkCallback.PRE_VMA;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_HOLE;
import static org.samepage.pagewalk.WalkCallback.PUD_ENTRY;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.GIB;
import static org.samepage.pagewalk.WalkedMemory.MIB2;
import static org.samepage.pagewalk.WalkedMemory.PAGE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Huge pages under a walk: seen, split, gone, and those of hugetlb. */
final class HugeEntriesTest {
  private final WalkedMemory m = new WalkedMemory();

  @AfterEach
  void close() {
    m.close();
  }

  @Test
  void a_huge_page_of_1_gib_is_seen_by_pud_entry_and_split_for_what_is_below() {
    VmArea vma = m.map(0, GIB / PAGE);
    m.setPud(BASE, m.hugePud(0, vma));
    RecordingOps pud = new RecordingOps(BASE, PUD_ENTRY, PTE_HOLE);
    assertThat(m.walk(vma, pud)).isZero();
    assertThat(pud.visits).containsExactly("pud@0+40000000");
    assertThat(m.splits).isEmpty();
    RecordingOps pmd = new RecordingOps(BASE, PUD_ENTRY, PMD_ENTRY, PTE_HOLE);
    assertThat(m.pageWalk.walkPageRangeVma(vma, BASE + MIB2, BASE + 2 * MIB2, new MmWalk(pmd)))
        .isZero();
    assertThat(pmd.visits).containsExactly("pud@200000+200000", "hole3@200000+200000");
    assertThat(m.splits).as("the address of the walk").hasToString("pud@200000 ");
  }

  @Test
  void what_a_split_has_emptied_is_looked_at_again_and_is_a_hole() {
    m.splitEmpties = true;
    VmArea vma = m.map(0, 2 * GIB / PAGE);
    m.setPmd(BASE, m.hugePmd(1024, vma));
    m.setPud(BASE + GIB, m.hugePud(0, vma));
    RecordingOps ops = new RecordingOps(BASE, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY, PTE_HOLE);
    long end = BASE + GIB + PAGE;
    assertThat(m.pageWalk.walkPageRangeVma(vma, BASE, BASE + MIB2, new MmWalk(ops))).isZero();
    assertThat(m.pageWalk.walkPageRangeVma(vma, BASE + GIB, end, new MmWalk(ops))).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "pud@0+200000",
            "pmd@0+200000",
            "hole3@0+200000",
            "pud@40000000+1000",
            "hole2@40000000+1000");
  }

  @Test
  void a_huge_page_that_is_being_moved_is_split_like_one_that_is_there() {
    VmArea vma = m.map(0, 512);
    m.setPmd(BASE, m.swapTypes().makeWritableMigrationEntry(1024));
    RecordingOps ops = new RecordingOps(BASE, PMD_ENTRY, PTE_ENTRY, PTE_HOLE);
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).containsExactly("pmd@0+200000");
    assertThat(m.splits).hasToString("pmd@0 ");
    assertThat(ops.ptes).isEqualTo(512);
  }

  @Test
  void a_callback_that_wants_no_split_says_continue() {
    VmArea vma = m.map(0, 2 * GIB / PAGE);
    m.setPmd(BASE, m.hugePmd(1024, vma));
    m.setPud(BASE + GIB, m.hugePud(0, vma));
    RecordingOps ops = new RecordingOps(BASE, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY);
    ops.answer =
        (visit, walk) -> {
          boolean huge = visit.startsWith("pmd@0") || visit.startsWith("pud@40000000");
          walk.action = huge ? WalkAction.ACTION_CONTINUE : walk.action;
          return 0;
        };
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits)
        .containsExactly("pud@0+40000000", "pmd@0+200000", "pud@40000000+40000000");
    assertThat(m.splits).isEmpty();
  }

  @Test
  void a_machine_without_huge_pages_refuses_to_split_one() {
    VmArea vma = m.map(0, 2 * GIB / PAGE);
    m.setPmd(BASE, m.hugePmd(1024, vma));
    m.setPud(BASE + GIB, m.hugePud(0, vma));
    PageWalk plain = new PageWalk(m.memory.sched, HugeSplitter.NONE, m.memory.log);
    MmWalk walk = new MmWalk(new RecordingOps(BASE, PTE_ENTRY));
    assertThatThrownBy(() -> plain.walkPageRangeVma(vma, BASE, BASE + MIB2, walk))
        .isInstanceOf(NotSupportedYetException.class)
        .hasMessageContaining("2 MiB");
    assertThatThrownBy(() -> plain.walkPageRangeVma(vma, BASE + GIB, BASE + GIB + MIB2, walk))
        .isInstanceOf(NotSupportedYetException.class)
        .hasMessageContaining("1 GiB");
  }

  @Test
  void a_bad_top_entry_is_reported_cleared_and_a_hole() {
    VmArea vma = m.map(0, 1);
    m.populate(vma, 0);
    m.mm.pgTables.pgd().set(32, m.mm.pgTables.pgd().get(32) | 1L << 8);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE);
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).containsExactly("hole0@0+1000");
    assertThat(m.mm.pgTables.pgd().get(32)).isZero();
    assertThat(m.memory.log.reports())
        .singleElement()
        .satisfies(report -> assertThat(report.text()).contains("bad p4d").contains("167)"));
  }

  private VmArea hugetlb() {
    VmArea vma = m.memory.map(m.mm, BASE, GIB / PAGE * 2, VmFlags.VM_READ | VmFlags.VM_HUGETLB);
    m.setPmd(BASE, m.hugePmd(1024, vma));
    return vma;
  }

  @Test
  void hugetlb_pages_are_visited_by_page_also_empty_ones_that_have_a_place() {
    VmArea vma = hugetlb();
    RecordingOps ops =
        new RecordingOps(BASE, PMD_ENTRY, PTE_ENTRY, HUGETLB_ENTRY, PTE_HOLE, PRE_VMA, POST_VMA);
    long start = BASE + 5 * PAGE;
    assertThat(m.pageWalk.walkPageRangeVma(vma, start, BASE + 2 * MIB2, new MmWalk(ops))).isZero();
    assertThat(ops.visits)
        .as("the first step is not aligned, and its page is")
        .containsExactly(
            "pre@5000+3fb000",
            "hugetlb200000[0]@5000+1fb000",
            "hugetlb200000[1]@200000+200000",
            "post");
    ops.visits.clear();
    start = BASE + GIB;
    assertThat(m.pageWalk.walkPageRangeVma(vma, start, start + MIB2 + 1, new MmWalk(ops))).isZero();
    assertThat(ops.visits)
        .as("without a table the depth is unknown")
        .containsExactly(
            "pre@40000000+200001", "hole-1@40000000+200000", "hole-1@40200000+1", "post");
    assertThat(m.splits).isEmpty();
  }

  @Test
  void a_hugetlb_callback_may_stop_and_its_absence_leaves_the_brackets_alone() {
    VmArea vma = hugetlb();
    RecordingOps ops = new RecordingOps(BASE, HUGETLB_ENTRY, POST_VMA);
    ops.answer = (visit, walk) -> 11;
    assertThat(m.walk(vma, ops)).isEqualTo(11);
    assertThat(ops.visits).containsExactly("hugetlb200000[0]@0+200000", "post");
    RecordingOps hole = new RecordingOps(BASE, HUGETLB_ENTRY, PTE_HOLE);
    hole.answer = (visit, walk) -> -Errno.EINTR;
    assertThat(m.pageWalk.walkPageRangeVma(vma, BASE + GIB, BASE + GIB + MIB2, new MmWalk(hole)))
        .isEqualTo(-Errno.EINTR);
    RecordingOps without = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE, PRE_VMA, POST_VMA);
    assertThat(m.walk(vma, without)).isZero();
    assertThat(without.visits).containsExactly("pre@0+80000000", "post");
    RecordingOps counted = new RecordingOps(BASE, HUGETLB_ENTRY);
    MmWalk walk = new MmWalk(counted);
    long before = m.memory.sched.current().work.pmdEntries;
    assertThat(m.pageWalk.walkPageRangeVma(vma, BASE, BASE + 3 * MIB2, walk)).isZero();
    assertThat(m.memory.sched.current().work.pmdEntries - before).isEqualTo(3);
  }
}
