// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.pagewalk.WalkCallback.P4D_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PGD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PMD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.POST_VMA;
import static org.samepage.pagewalk.WalkCallback.PRE_VMA;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_HOLE;
import static org.samepage.pagewalk.WalkCallback.PUD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.TEST_WALK;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** The order of visits, action codes, results and locks of mm/pagewalk.c. */
final class PageWalkTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final long MIB2 = PageUnits.PMD_SIZE;
  private static final long GIB = PageUnits.PUD_SIZE;

  private final TestMemory memory = new TestMemory();
  private final PageWalk pageWalk = new PageWalk(memory.sched, HugeSplitter.NONE, memory.log);
  private final Mm mm = memory.mm();
  private final List<String> visits = new ArrayList<>();

  @BeforeEach
  void lock() {
    mm.mmapLock.readLock();
  }

  @AfterEach
  void close() {
    memory.close();
  }

  /** Writes down each call, as {@code what@offset+length} from BASE, and answers as told. */
  private final class Recorder extends MmWalkOps {
    ToIntFunction<String> answer = visit -> 0;

    Recorder(WalkCallback... callbacks) {
      super(PageWalkLock.PGWALK_RDLOCK, callbacks);
    }

    private int note(String what, long addr, long next) {
      String visit = "%s@%x+%x".formatted(what, addr - BASE, next - addr);
      visits.add(visit);
      return answer.applyAsInt(visit);
    }

    @Override
    protected int pgdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      return note("pgd", addr, next);
    }

    @Override
    protected int p4dEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      return note("p4d", addr, next);
    }

    @Override
    protected int pudEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      return note("pud", addr, next);
    }

    @Override
    protected int pmdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      return note("pmd", addr, next);
    }

    @Override
    protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      assertThat(table.ptl.isLocked()).isTrue();
      return table.get(index) == 0 ? 0 : note("pte", addr, next);
    }

    @Override
    protected int pteHole(long addr, long next, int depth, MmWalk walk) {
      return note("hole" + depth, addr, next);
    }

    @Override
    protected int testWalk(long start, long end, MmWalk walk) {
      return note("test", start, end);
    }

    @Override
    protected int preVma(long start, long end, MmWalk walk) {
      return note("pre", start, end);
    }

    @Override
    protected void postVma(MmWalk walk) {
      visits.add("post");
    }
  }

  private int walk(VmArea vma, MmWalkOps ops) {
    return pageWalk.walkPageRangeVma(vma, vma.vmStart, vma.vmEnd, new MmWalk(ops));
  }

  @Test
  void entries_come_before_what_is_below_them() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    memory.populate(vma, BASE + 0x1000);
    assertThat(walk(vma, new Recorder(PGD_ENTRY, P4D_ENTRY, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY)))
        .isZero();
    assertThat(visits)
        .containsExactly("pgd@0+4000", "p4d@0+4000", "pud@0+4000", "pmd@0+4000", "pte@1000+1000");
  }

  @Test
  void an_empty_level_is_one_hole_of_that_level_whatever_its_size() {
    VmArea vma = memory.map(mm, BASE, 3 * GIB / 4096, TestMemory.RW);
    memory.populate(vma, BASE + GIB + MIB2);
    walk(vma, new Recorder(PMD_ENTRY, PTE_HOLE));
    assertThat(visits.getFirst()).as("an empty GiB at once").isEqualTo("hole2@0+40000000");
    assertThat(visits.get(1))
        .as("holes of a PMD are not joined")
        .isEqualTo("hole3@40000000+200000");
    assertThat(visits.get(2)).isEqualTo("pmd@40200000+200000");
    assertThat(visits).hasSize(2 + 1 + 510 + 1).last().isEqualTo("hole2@80000000+40000000");
  }

  @Test
  void an_empty_top_entry_is_a_hole_of_depth_0_clipped_to_the_walk() {
    VmArea vma = memory.map(mm, BASE + 0x3000, 5, TestMemory.RW);
    walk(vma, new Recorder(PMD_ENTRY, PTE_HOLE));
    assertThat(visits).containsExactly("hole0@3000+5000");
  }

  @Test
  void empty_entries_of_a_table_are_no_holes() {
    VmArea vma = memory.map(mm, BASE, 512, TestMemory.RW);
    memory.populate(vma, BASE + 7 * 4096);
    long before = memory.sched.current().work.ptesRead;
    walk(vma, new Recorder(PTE_ENTRY, PTE_HOLE));
    assertThat(visits).containsExactly("pte@7000+1000");
    assertThat(memory.sched.current().work.ptesRead - before).isEqualTo(512);
  }

  @Test
  void a_marker_is_not_none_and_seen_like_any_entry() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    memory.setEntry(mm, BASE + 0x2000, PteMarker.makePteMarker(PteMarker.GUARD));
    walk(vma, new Recorder(PTE_ENTRY));
    assertThat(visits).containsExactly("pte@2000+1000");
  }

  @Test
  void what_is_below_is_entered_only_for_callbacks_that_are_there() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    memory.populate(vma, BASE);
    long before = memory.sched.current().work.entries();
    walk(vma, new Recorder(PGD_ENTRY));
    assertThat(visits).containsExactly("pgd@0+4000");
    assertThat(memory.sched.current().work.entries() - before).isEqualTo(1);
    visits.clear();
    walk(vma, new Recorder(PMD_ENTRY));
    assertThat(visits).as("no table is read for a pmd_entry").containsExactly("pmd@0+4000");
    assertThat(memory.sched.current().work.ptesRead).isZero();
  }

  @Test
  void a_positive_result_ends_the_walk_and_is_returned_as_is() {
    VmArea vma = memory.map(mm, BASE, 2 * 512, TestMemory.RW);
    memory.populate(vma, BASE);
    memory.populate(vma, BASE + MIB2);
    Recorder ops = new Recorder(PMD_ENTRY, PRE_VMA, POST_VMA);
    ops.answer = visit -> visit.startsWith("pmd") ? 7 : 0;
    assertThat(walk(vma, ops)).isEqualTo(7);
    assertThat(visits)
        .as("post_vma still runs")
        .containsExactly("pre@0+400000", "pmd@0+200000", "post");
  }

  @Test
  void a_failing_pre_vma_ends_everything_without_post_vma() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    memory.populate(vma, BASE);
    Recorder ops = new Recorder(PMD_ENTRY, PRE_VMA, POST_VMA);
    ops.answer = visit -> -Errno.ENOMEM;
    assertThat(walk(vma, ops)).isEqualTo(-Errno.ENOMEM);
    assertThat(visits).containsExactly("pre@0+4000");
  }

  @Test
  void continue_passes_over_what_is_below_and_again_looks_once_more() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    memory.populate(vma, BASE);
    MmWalkOps ops =
        new MmWalkOps(PageWalkLock.PGWALK_RDLOCK, PMD_ENTRY, PTE_ENTRY) {
          @Override
          protected int pmdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
            visits.add("pmd");
            walk.action = visits.size() < 3 ? WalkAction.ACTION_AGAIN : WalkAction.ACTION_CONTINUE;
            return 0;
          }

          @Override
          protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
            visits.add("pte");
            return 0;
          }
        };
    assertThat(walk(vma, ops)).isZero();
    assertThat(visits).containsExactly("pmd", "pmd", "pmd");
  }

  @Test
  void a_whole_range_brackets_each_vma_and_names_the_holes_between_them() {
    VmArea a = memory.map(mm, BASE + 0x1000, 1, TestMemory.RW);
    VmArea b = memory.map(mm, BASE + 0x4000, 1, TestMemory.RW);
    memory.populate(a, a.vmStart);
    memory.populate(b, b.vmStart);
    Recorder ops = new Recorder(PTE_ENTRY, PTE_HOLE, PRE_VMA, POST_VMA);
    assertThat(pageWalk.walkPageRange(mm, BASE, BASE + 0x8000, new MmWalk(ops))).isZero();
    assertThat(visits)
        .containsExactly(
            "hole-1@0+1000",
            "pre@1000+1000",
            "pte@1000+1000",
            "post",
            "hole-1@2000+2000",
            "pre@4000+1000",
            "pte@4000+1000",
            "post",
            "hole-1@5000+3000");
  }

  @Test
  void a_positive_test_skips_a_vma_and_is_not_for_the_caller() {
    VmArea a = memory.map(mm, BASE, 1, TestMemory.RW);
    VmArea b = memory.map(mm, BASE + 0x1000, 1, TestMemory.RW | VmFlags.VM_MERGEABLE);
    memory.populate(a, a.vmStart);
    memory.populate(b, b.vmStart);
    Recorder ops = new Recorder(PTE_ENTRY, TEST_WALK);
    ops.answer = visit -> visit.equals("test@0+1000") ? 1 : 0;
    assertThat(pageWalk.walkPageRange(mm, BASE, -1L, new MmWalk(ops))).isZero();
    assertThat(visits).containsExactly("test@0+1000", "test@1000+1000", "pte@1000+1000");
    visits.clear();
    ops.answer = visit -> visit.startsWith("test") ? -Errno.EINTR : 0;
    assertThat(pageWalk.walkPageRange(mm, BASE, -1L, new MmWalk(ops))).isEqualTo(-Errno.EINTR);
    assertThat(visits).containsExactly("test@0+1000");
  }

  @Test
  void a_walk_of_one_vma_asks_no_test_and_passes_over_no_pfnmap() {
    VmArea vma = memory.map(mm, BASE, 1, TestMemory.RW | VmFlags.VM_PFNMAP);
    memory.populate(vma, BASE);
    assertThat(pageWalk.walkPageVma(vma, new MmWalk(new Recorder(PTE_ENTRY, TEST_WALK)))).isZero();
    assertThat(visits).containsExactly("pte@0+1000");
    visits.clear();
    pageWalk.walkPageRange(mm, BASE, BASE + 0x1000, new MmWalk(new Recorder(PTE_ENTRY, PTE_HOLE)));
    assertThat(visits)
        .as("a range walk hands a pfnmap to pte_hole")
        .containsExactly("hole-1@0+1000");
    visits.clear();
    pageWalk.walkPageRange(mm, BASE, BASE + 0x1000, new MmWalk(new Recorder(PTE_ENTRY)));
    assertThat(visits).isEmpty();
  }

  @Test
  void an_empty_range_is_an_error_and_so_is_leaving_the_vma() {
    VmArea vma = memory.map(mm, BASE, 2, TestMemory.RW);
    MmWalk walk = new MmWalk(new Recorder(PTE_ENTRY));
    assertThat(pageWalk.walkPageRangeVma(vma, BASE, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(pageWalk.walkPageRangeVma(vma, BASE - 4096, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(pageWalk.walkPageRangeVma(vma, BASE, BASE + 0x3000, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(pageWalk.walkPageRange(mm, BASE, BASE, walk)).isEqualTo(-Errno.EINVAL);
    assertThat(pageWalk.walkPageRange(mm, -1L, BASE, walk)).as("unsigned").isEqualTo(-Errno.EINVAL);
  }

  @Test
  void the_lock_that_the_operations_name_must_be_held() {
    VmArea vma = memory.map(mm, BASE, 2, TestMemory.RW);
    MmWalkOps writing = new MmWalkOps(PageWalkLock.PGWALK_WRLOCK, PTE_ENTRY) {};
    assertThatThrownBy(() -> walk(vma, writing)).hasMessageContaining("mmap_lock");
    mm.mmapLock.readUnlock();
    assertThatThrownBy(() -> walk(vma, new Recorder(PTE_ENTRY))).hasMessageContaining("mmap_lock");
    mm.mmapLock.writeLock();
    assertThat(walk(vma, new Recorder(PTE_ENTRY))).as("for writing is fine too").isZero();
  }

  @Test
  void a_huge_hole_costs_its_top_entries_alone() {
    VmArea vma = memory.map(mm, BASE, (32L << 40) / 4096, TestMemory.RW);
    memory.populate(vma, BASE + (17L << 40));
    long before = memory.sched.current().work.entries();
    walk(vma, new Recorder(PMD_ENTRY));
    assertThat(visits).hasSize(1);
    assertThat(memory.sched.current().work.entries() - before).isEqualTo(64 + 512 + 512);
  }
}
