// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.pagewalk.WalkCallback.INSTALL_PTE;
import static org.samepage.pagewalk.WalkCallback.POST_VMA;
import static org.samepage.pagewalk.WalkCallback.PRE_VMA;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.TEST_WALK;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.PAGE;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.RwSem;
import org.samepage.mm.spi.FileVmas;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Walks of a file's mappings. */
final class WalkPageMappingTest {
  private final WalkedMemory m = new WalkedMemory();
  private final RwSem iMmapRwsem = new RwSem(m.memory.sched, LockClass.I_MMAP_RWSEM);
  private final List<VmArea> mapped = new ArrayList<>();

  /** A list in the order of the tree, which is asked as the tree is. */
  private final FileVmas file =
      new FileVmas() {
        @Override
        public void assertIMmapLocked() {
          iMmapRwsem.assertLocked();
        }

        @Override
        public @Nullable VmArea vmaIntervalTreeIterFirst(long start, long last) {
          return next(0, start, last);
        }

        @Override
        public @Nullable VmArea vmaIntervalTreeIterNext(VmArea from, long start, long last) {
          return next(mapped.indexOf(from) + 1, start, last);
        }

        private @Nullable VmArea next(int position, long start, long last) {
          for (VmArea vma : mapped.subList(position, mapped.size())) {
            long vmaLast = vma.vmPgoff + vma.vmaPages() - 1;
            if (Long.compareUnsigned(vma.vmPgoff, last) <= 0
                && Long.compareUnsigned(start, vmaLast) <= 0) {
              return vma;
            }
          }
          return null;
        }
      };

  @BeforeEach
  void lock() {
    m.mm.mmapLock.readUnlock(); // nobody needs it here
    iMmapRwsem.readLock();
  }

  @AfterEach
  void close() {
    m.close();
  }

  /** Maps pages of the file, all of them present. */
  private VmArea map(Mm mm, long offset, long pages, long pgoff) {
    VmArea vma = new VmArea(mm, BASE + offset, BASE + offset + pages * PAGE, TestMemory.RW, pgoff);
    mm.vmas.insert(vma);
    mapped.add(vma);
    for (long i = 0; i < pages; i++) {
      var _ = m.memory.populate(vma, vma.vmStart + i * PAGE);
    }
    return vma;
  }

  private int walk(long first, long nr, RecordingOps ops) {
    return m.pageWalk.walkPageMapping(file, first, nr, new MmWalk(ops));
  }

  @Test
  void each_mapping_in_the_order_of_the_tree_is_walked_for_its_part_of_the_range() {
    Mm other = m.memory.mm();
    map(m.mm, 0, 4, 10);
    map(other, 0x100 * PAGE, 2, 12);
    map(m.mm, 0x200 * PAGE, 3, 13);
    map(other, 0x300 * PAGE, 2, 14);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, TEST_WALK, PRE_VMA, POST_VMA);
    assertThat(walk(12, 2, ops)).isZero();
    assertThat(ops.visits)
        .as("the test is about the whole mapping, the walk about the part")
        .containsExactly(
            "test@0+4000",
            "pre@2000+2000",
            "pte@2000+1000",
            "pte@3000+1000",
            "post",
            "test@100000+2000",
            "pre@100000+2000",
            "pte@100000+1000",
            "pte@101000+1000",
            "post",
            "test@200000+3000",
            "pre@200000+1000",
            "pte@200000+1000",
            "post");
    assertThat(m.memory.sched.current().work.pageWalks).isEqualTo(1);
  }

  @Test
  void the_walk_knows_whose_mapping_it_is_in() {
    Mm other = m.memory.mm();
    VmArea a = map(m.mm, 0, 1, 0);
    VmArea b = map(other, PAGE, 1, 0);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY);
    ops.answer =
        (visit, walk) -> {
          boolean first = visit.equals("pte@0+1000");
          assertThat(walk.mm()).isSameAs(first ? m.mm : other);
          assertThat(walk.vma()).isSameAs(first ? a : b);
          return 0;
        };
    assertThat(walk(0, 1, ops)).isZero();
    assertThat(ops.visits).hasSize(2);
  }

  @Test
  void trap_10_a_positive_test_ends_everything_and_is_not_for_the_caller() {
    map(m.mm, 0, 1, 0);
    map(m.mm, PAGE, 1, 0);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, TEST_WALK);
    ops.answer = (visit, walk) -> visit.startsWith("test") ? 1 : 0;
    assertThat(walk(0, 1, ops)).isZero();
    assertThat(ops.visits).containsExactly("test@0+1000");
    ops.visits.clear();
    ops.answer = (visit, walk) -> visit.startsWith("test") ? -Errno.EINTR : 0;
    assertThat(walk(0, 1, ops)).isEqualTo(-Errno.EINTR);
    assertThat(ops.visits).containsExactly("test@0+1000");
    ops.visits.clear();
    ops.answer = (visit, walk) -> visit.startsWith("pte") ? 7 : 0;
    assertThat(walk(0, 1, ops)).as("a callback's is the caller's").isEqualTo(7);
    assertThat(ops.visits).containsExactly("test@0+1000", "pte@0+1000");
  }

  @Test
  void nothing_in_the_range_is_nothing_walked() {
    map(m.mm, 0, 2, 10);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, TEST_WALK);
    assertThat(walk(12, 5, ops)).isZero();
    assertThat(walk(0, 10, ops)).isZero();
    assertThat(ops.visits).isEmpty();
    assertThat(walk(11, 0, ops)).as("no page: the tree is asked for a range backwards").isZero();
    assertThat(ops.visits).isEmpty();
    assertThat(walk(0, -1, ops)).as("unsigned: the whole file").isZero();
    assertThat(ops.visits).containsExactly("test@0+2000", "pte@0+1000", "pte@1000+1000");
  }

  @Test
  void it_needs_i_mmap_rwsem_and_may_not_install() {
    MmWalk install = new MmWalk(new RecordingOps(BASE, PTE_ENTRY, INSTALL_PTE));
    iMmapRwsem.readUnlock();
    assertThat(m.pageWalk.walkPageMapping(file, 0, 1, install)).isEqualTo(-Errno.EINVAL);
    assertThatThrownBy(() -> walk(0, 1, new RecordingOps(BASE, PTE_ENTRY)))
        .hasMessageContaining("i_mmap_rwsem");
  }
}
