// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.rmap.RmapFixture.BASE;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

/** Which ranges of pages a walk asks the trees for, and how a file's tree learns of new ones. */
final class WalkedRangesTest {
  private static final long PAGE = PageUnits.PAGE_SIZE;

  private final RmapFixture f = new RmapFixture();
  private final VmArea parent = f.vma(16);
  private final int pfn = f.faulted(parent, BASE + PAGE);

  /** Writes down what it is called with. */
  @BeforeEach
  void lock() {
    f.folios.folioLock(pfn);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private WorkCounters work() {
    return f.memory.sched.current().work;
  }

  @Test
  void vmas_that_begin_or_end_beside_the_page_are_not_visited() {
    for (int nr = 0; nr < 4; nr++) {
      long pgoff = parent.vmPgoff + nr;
      long start = BASE + nr * PAGE;
      VmArea piece = new VmArea(parent.vmMm, start, start + PAGE, parent.vmFlags, pgoff);
      f.anonVmas.anonVmaClone(piece, parent);
    }
    Seen seen = new Seen();
    f.walk.rmapWalk(pfn, seen);
    assertThat(seen.vmas).hasSize(2).contains(parent);
    assertThat(seen.addresses).containsOnly(BASE + PAGE);
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 64 * PAGE);
    List<VmArea> pieces = new ArrayList<>();
    for (int pgoff = 4; pgoff < 11; pgoff++) {
      pieces.add(f.fileVma(file, pgoff, 1));
    }
    int page = f.folios.vmaAllocFolioNoprof(0);
    f.memory.frames.setMapping(page, file);
    f.memory.frames.setIndex(page, 7);
    f.folios.folioLock(page);
    Seen exact = new Seen();
    f.walk.rmapWalk(page, exact);
    assertThat(exact.vmas).containsExactly(pieces.get(3));
  }

  @Test
  void a_page_may_be_at_address_0() {
    Mm mm = f.memory.mm();
    VmArea lowest = f.memory.map(mm, 0, 4, parent.vmFlags);
    mm.mmapLock.readLock();
    f.anonVmas.anonVmaPrepare(lowest);
    int page = f.faulted(lowest, 0);
    f.folios.folioLock(page);
    Seen seen = new Seen();
    f.walk.rmapWalk(page, seen);
    assertThat(seen.vmas).containsExactly(lowest);
    assertThat(seen.addresses).containsExactly(0L);
  }

  @Test
  void a_control_keeps_the_most_of_each_count_of_all_loops() {
    Seen seen = new Seen();
    seen.loopDone(5, 3, 2);
    seen.loopDone(4, 7, 1);
    assertThat(seen.maxIterations()).isEqualTo(5);
    assertThat(seen.maxOutOfRange()).isEqualTo(7);
    assertThat(seen.maxMmMismatch()).isEqualTo(2);
  }

  @Test
  void a_file_vma_whose_range_changes_is_out_of_the_tree_meanwhile_and_the_file_locked() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 64 * PAGE);
    VmArea vma = f.fileVma(file, 0, 8);
    FileVmas.iMmapLockWrite(vma);
    assertThat(file.iMmapRwsem.isWriteLocked()).isTrue();
    FileVmas.preUpdateVma(vma);
    assertThat(VmaIntervalTree.vmaIntervalTreeIterFirst(file.iMmap, 0, 99, work())).isNull();
    vma.vmStart += 6 * PAGE;
    vma.vmPgoff += 6;
    FileVmas.postUpdateVma(vma);
    assertThat(VmaIntervalTree.vmaIntervalTreeIterFirst(file.iMmap, 0, 5, work())).isNull();
    assertThat(VmaIntervalTree.vmaIntervalTreeIterFirst(file.iMmap, 6, 6, work())).isSameAs(vma);
    FileVmas.iMmapUnlockWrite(vma);
    assertThat(file.iMmapRwsem.isLocked()).isFalse();
  }

  @Test
  void a_vma_without_a_file_has_no_file_to_lock_or_to_be_taken_from() {
    FileVmas.iMmapLockWrite(parent);
    FileVmas.preUpdateVma(parent);
    FileVmas.postUpdateVma(parent);
    FileVmas.iMmapUnlockWrite(parent);
    Seen seen = new Seen();
    f.walk.rmapWalk(pfn, seen);
    assertThat(seen.vmas).as("its anon_vma has it all the same").contains(parent);
  }
}
