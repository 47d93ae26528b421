// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.pagewalk.WalkCallback.INSTALL_PTE;
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
import static org.samepage.pagewalk.WalkedMemory.MIB2;
import static org.samepage.pagewalk.WalkedMemory.PAGE;
import static org.samepage.pagewalk.WalkedMemory.TOP;

import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Where a page walk is not what one would think. */
final class WalkTrapsTest {
  private final WalkedMemory m = new WalkedMemory();

  @AfterEach
  void close() {
    m.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = WalkCallback.class,
      names = {"PGD_ENTRY", "P4D_ENTRY", "PUD_ENTRY", "PMD_ENTRY", "PTE_ENTRY"})
  void trap_09_a_walk_goes_no_deeper_than_its_lowest_callback(WalkCallback lowest) {
    VmArea vma = m.map(0, 1);
    m.populate(vma, 0);
    WalkCallback[] levels = {PGD_ENTRY, P4D_ENTRY, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY};
    RecordingOps ops = new RecordingOps(BASE, lowest, PTE_HOLE);
    assertThat(m.walk(vma, ops)).isZero();
    String name = lowest.name().substring(0, 3).toLowerCase(Locale.ROOT);
    assertThat(ops.visits).containsExactly(name + "@0+1000");
    var work = m.memory.sched.current().work;
    int depth = Arrays.asList(levels).indexOf(lowest);
    assertThat(work.pgdEntries).isEqualTo(1);
    assertThat(work.pudEntries).as("the level is read").isEqualTo(depth >= 2 ? 1 : 0);
    assertThat(work.pmdEntries).isEqualTo(depth >= 3 ? 1 : 0);
    assertThat(work.ptesRead).isEqualTo(depth >= 4 ? 1 : 0);
  }

  @Test
  void trap_09_holes_below_the_lowest_callback_are_not_told() {
    VmArea vma = m.map(0, MIB2 / PAGE * 2);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PUD_ENTRY, PTE_HOLE);
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).as("the second 2 MiB are empty").containsExactly("pud@0+400000");
  }

  @Test
  void trap_09_a_pte_hole_alone_hears_of_nothing_and_a_pgd_entry_sees_what_is_empty() {
    VmArea vma = m.map(0, TOP / PAGE * 2);
    m.populate(vma, TOP);
    RecordingOps holes = new RecordingOps(BASE, PTE_HOLE);
    assertThat(m.walk(vma, holes)).isZero();
    assertThat(holes.visits).as("the top level is folded, so its entry is no hole").isEmpty();
    RecordingOps top = new RecordingOps(BASE, PGD_ENTRY, P4D_ENTRY, PTE_HOLE);
    assertThat(m.walk(vma, top)).isZero();
    assertThat(top.visits)
        .containsExactly(
            "pgd@0+8000000000",
            "hole0@0+8000000000",
            "pgd@8000000000+8000000000",
            "p4d@8000000000+8000000000");
  }

  @Test
  void trap_09_a_pte_entry_splits_a_huge_page_and_a_pmd_entry_alone_does_not() {
    VmArea vma = m.map(0, 512);
    m.setPmd(BASE, m.hugePmd(1024, vma));
    RecordingOps pmd = new RecordingOps(BASE, PMD_ENTRY, PTE_HOLE);
    assertThat(m.walk(vma, pmd)).isZero();
    assertThat(pmd.visits).containsExactly("pmd@0+200000");
    assertThat(m.splits).isEmpty();
    RecordingOps pte = new RecordingOps(BASE, PMD_ENTRY, PTE_ENTRY);
    assertThat(m.walk(vma, pte)).isZero();
    assertThat(m.splits).hasToString("pmd@0 ");
    assertThat(pte.ptes).isEqualTo(512);
  }

  @Test
  void trap_10_a_walk_of_one_mapping_asks_no_test_and_passes_over_no_pfnmap() {
    VmArea vma = m.memory.map(m.mm, BASE, 1, VmFlags.VM_READ | VmFlags.VM_PFNMAP);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, TEST_WALK, PRE_VMA, POST_VMA);
    ops.answer = (visit, walk) -> visit.startsWith("test") ? 1 : 0;
    assertThat(m.pageWalk.walkPageVma(vma, new MmWalk(ops))).isZero();
    assertThat(ops.visits).containsExactly("pre@0+1000", "pte@0+1000", "post");
    ops.visits.clear();
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).containsExactly("pre@0+1000", "pte@0+1000", "post");
    ops.visits.clear();
    assertThat(m.walkMm(0, PAGE, ops)).isZero();
    assertThat(ops.visits).as("a range walk asks").containsExactly("test@0+1000");
  }

  @Test
  void trap_10_a_pfnmap_is_a_hole_of_unknown_depth_unless_a_test_says_otherwise() {
    VmArea vma = m.memory.map(m.mm, BASE, 1, VmFlags.VM_READ | VmFlags.VM_PFNMAP);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE, PRE_VMA, POST_VMA);
    assertThat(m.walkMm(0, 2 * PAGE, ops)).isZero();
    assertThat(ops.visits).containsExactly("hole-1@0+1000", "hole-1@1000+1000");
    ops.visits.clear();
    ops.answer = (visit, walk) -> -Errno.EINTR;
    assertThat(m.walkMm(0, 2 * PAGE, ops)).as("an error of its").isEqualTo(-Errno.EINTR);
    assertThat(ops.visits).containsExactly("hole-1@0+1000");
    ops.visits.clear();
    ops.answer = (visit, walk) -> 5;
    assertThat(m.walkMm(0, PAGE, ops)).as("more than 0 is to skip it").isZero();
    RecordingOps without = new RecordingOps(BASE, PTE_ENTRY);
    assertThat(m.walkMm(0, PAGE, without)).isZero();
    assertThat(without.visits).isEmpty();
    RecordingOps test = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE, TEST_WALK);
    assertThat(m.walkMm(0, PAGE, test)).isZero();
    assertThat(test.visits).containsExactly("test@0+1000", "pte@0+1000");
  }

  @Test
  void trap_11_an_empty_range_is_an_error_and_so_is_a_backward_one() {
    VmArea vma = m.map(0, 2);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE);
    MmWalk walk = new MmWalk(ops);
    PageWalk walks = m.pageWalk;
    assertThat(walks.walkPageRange(m.mm, BASE, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRange(m.mm, -1, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRangeMm(m.mm, BASE, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRangeMm(null, BASE, BASE + 1, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRangeVma(vma, BASE, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRangeVma(vma, -1, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(ops.visits).isEmpty();
  }

  @Test
  void trap_11_a_range_that_leaves_the_mapping_is_an_error() {
    VmArea vma = m.map(PAGE, 2);
    MmWalk walk = new MmWalk(new RecordingOps(BASE, PTE_ENTRY));
    long start = vma.vmStart;
    long end = vma.vmEnd;
    assertThat(m.pageWalk.walkPageRangeVma(vma, start - 1, end, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(m.pageWalk.walkPageRangeVma(vma, start, end + 1, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(m.pageWalk.walkPageRangeVma(vma, start, -1, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(m.pageWalk.walkPageRangeVma(vma, start, end, walk)).isZero();
  }

  @Test
  void trap_11_errors_of_the_caller_come_before_locks_are_looked_at() {
    VmArea vma = m.map(0, 2);
    m.mm.mmapLock.readUnlock();
    MmWalk install = new MmWalk(new RecordingOps(BASE, PTE_ENTRY, INSTALL_PTE));
    PageWalk walks = m.pageWalk;
    assertThat(walks.walkPageRange(m.mm, BASE, BASE + PAGE, install)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRangeVma(vma, BASE, BASE + PAGE, install)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageVma(vma, install)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRangeMm(m.mm, BASE, BASE, install)).isEqualTo(-Errno.EINVAL);
    m.mm.mmapLock.readLock();
  }

  @Test
  void trap_11_a_positive_result_is_the_callers_but_that_of_a_test_is_not() {
    VmArea a = m.map(0, 1);
    VmArea b = m.map(PAGE, 1);
    m.populate(a, 0);
    m.populate(b, PAGE);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, TEST_WALK, PRE_VMA, POST_VMA);
    ops.answer = (visit, walk) -> visit.equals("test@0+1000") ? 1 : 0;
    assertThat(m.walkMm(0, 2 * PAGE, ops)).isZero();
    assertThat(ops.visits)
        .containsExactly("test@0+1000", "test@1000+1000", "pre@1000+1000", "pte@1000+1000", "post");
    ops.answer = (visit, walk) -> visit.startsWith("pte") ? 9 : 0;
    assertThat(m.walkMm(0, 2 * PAGE, ops)).isEqualTo(9);
    assertThat(m.walk(b, ops)).isEqualTo(9);
    assertThat(m.pageWalk.walkPageVma(b, new MmWalk(ops))).isEqualTo(9);
    ops.visits.clear();
    ops.answer = (visit, walk) -> visit.startsWith("test") ? 1 : 0;
    assertThat(m.walkMm(0, PAGE, ops)).as("the last mapping of a walk too").isZero();
    ops.visits.clear();
    ops.answer = (visit, walk) -> visit.startsWith("test") ? -Errno.EINTR : 0;
    assertThat(m.walkMm(0, 2 * PAGE, ops)).isEqualTo(-Errno.EINTR);
    assertThat(ops.visits).containsExactly("test@0+1000");
  }

  @Test
  void trap_11_a_failing_pre_vma_ends_everything_without_its_post_vma() {
    VmArea vma = m.map(0, 1);
    m.populate(vma, 0);
    m.map(PAGE, 1);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PRE_VMA, POST_VMA);
    ops.answer = (visit, walk) -> -Errno.ENOMEM;
    assertThat(m.walkMm(0, 2 * PAGE, ops)).isEqualTo(-Errno.ENOMEM);
    assertThat(ops.visits).containsExactly("pre@0+1000");
  }

  @Test
  void trap_23_a_huge_page_that_is_being_split_is_present_and_is_not_walked_as_a_table() {
    VmArea vma = m.map(0, 512);
    long invalid = Pmd.pmdMkinvalid(m.hugePmd(1024, vma));
    assertThat(invalid & 1).as("the processor does not take it").isZero();
    m.setPmd(BASE, invalid);
    RecordingOps ops = new RecordingOps(BASE, PMD_ENTRY, PTE_HOLE);
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).as("neither hole nor table").containsExactly("pmd@0+200000");
    RecordingOps install = new RecordingOps(BASE, INSTALL_PTE);
    assertThat(m.pageWalk.walkPageRangeMm(m.mm, BASE, BASE + MIB2, new MmWalk(install))).isZero();
    assertThat(m.splits).as("installing alone splits nothing that is present").isEmpty();
    RecordingOps pte = new RecordingOps(BASE, PTE_ENTRY);
    assertThat(m.walk(vma, pte)).isZero();
    assertThat(m.splits).hasToString("pmd@0 ");
  }
}
