// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.pagewalk.PageWalkLock.PGWALK_RDLOCK;
import static org.samepage.pagewalk.PageWalkLock.PGWALK_VMA_RDLOCK_VERIFY;
import static org.samepage.pagewalk.PageWalkLock.PGWALK_WRLOCK;
import static org.samepage.pagewalk.PageWalkLock.PGWALK_WRLOCK_VERIFY;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.PAGE;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

/** What must be held, and whose work it is. */
final class WalkLocksTest {
  private final WalkedMemory m = new WalkedMemory();
  private final VmArea vma = m.map(0, 1);

  @AfterEach
  void close() {
    m.close();
  }

  /** The three ways to a mapping, each with these operations. */
  private List<Runnable> walks(PageWalkLock lock) {
    MmWalk walk = new MmWalk(new RecordingOps(lock, BASE, PTE_ENTRY));
    return List.of(
        () -> assertThat(m.pageWalk.walkPageRange(m.mm, BASE, BASE + PAGE, walk)).isZero(),
        () -> assertThat(m.pageWalk.walkPageRangeVma(vma, BASE, BASE + PAGE, walk)).isZero(),
        () -> assertThat(m.pageWalk.walkPageVma(vma, walk)).isZero());
  }

  @Test
  void for_reading_mmap_lock_must_be_held_in_any_way() {
    walks(PGWALK_RDLOCK).forEach(Runnable::run);
    m.mm.mmapLock.readUnlock();
    for (Runnable walk : walks(PGWALK_RDLOCK)) {
      assertThatThrownBy(walk::run).hasMessageContaining("mmap_lock must be held");
    }
    m.mm.mmapLock.writeLock();
    walks(PGWALK_RDLOCK).forEach(Runnable::run);
  }

  @Test
  void for_writing_it_must_be_held_for_writing() {
    for (PageWalkLock lock : List.of(PGWALK_WRLOCK, PGWALK_WRLOCK_VERIFY)) {
      for (Runnable walk : walks(lock)) {
        assertThatThrownBy(walk::run).hasMessageContaining("for writing");
      }
    }
    m.mm.mmapLock.readUnlock();
    m.mm.mmapLock.writeLock();
    walks(PGWALK_WRLOCK).forEach(Runnable::run);
    walks(PGWALK_WRLOCK_VERIFY).forEach(Runnable::run);
  }

  @Test
  void with_a_locked_vma_the_vma_alone_must_be_locked() {
    walks(PGWALK_VMA_RDLOCK_VERIFY).forEach(Runnable::run);
    m.mm.mmapLock.readUnlock();
    for (Runnable walk : walks(PGWALK_VMA_RDLOCK_VERIFY)) {
      assertThatThrownBy(walk::run).hasMessageContaining("mmap_lock must be held");
    }
    MmWalk outside = new MmWalk(new RecordingOps(PGWALK_VMA_RDLOCK_VERIFY, BASE, PTE_ENTRY));
    assertThat(m.pageWalk.walkPageRange(m.mm, BASE + PAGE, BASE + 2 * PAGE, outside))
        .as("no VMA, no lock")
        .isZero();
  }

  @Test
  void every_call_counts_as_a_walk_and_work_is_the_tasks_unless_it_is_counted_apart() {
    WorkCounters task = m.memory.sched.current().work;
    walks(PGWALK_RDLOCK).forEach(Runnable::run);
    assertThat(task.pageWalks).isEqualTo(3);
    assertThat(task.pgdEntries).isEqualTo(3);
    WorkCounters apart = new WorkCounters();
    MmWalk walk = new MmWalk(new RecordingOps(BASE, PTE_ENTRY), apart);
    assertThat(m.pageWalk.walkPageVma(vma, walk)).isZero();
    assertThat(apart.pageWalks).isEqualTo(1);
    assertThat(apart.pgdEntries).isEqualTo(1);
    assertThat(walk.work()).isSameAs(apart);
    assertThat(task.pageWalks).isEqualTo(3);
    assertThat(m.pageWalk.walkPageRangeVma(vma, BASE, BASE, walk)).isNegative();
    assertThat(apart.pageWalks).as("a refused one too").isEqualTo(2);
  }

  @Test
  void a_walk_that_has_not_begun_knows_nothing() {
    MmWalk walk = new MmWalk(new RecordingOps(BASE, PTE_ENTRY));
    assertThat(walk.vma()).isNull();
    assertThatThrownBy(walk::mm).hasMessage("no walk is under way");
    assertThatThrownBy(walk::work).hasMessage("no walk is under way");
  }
}
