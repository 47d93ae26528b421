// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.pagewalk.WalkCallback.INSTALL_PTE;
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

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.Pud;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Walks of tables without a VMA. */
final class KernelPageWalkTest {
  /** Where vmalloc begins: an address with its sign bit set. */
  private static final long KERNEL = 0xffff_c900_0000_0000L;

  /** What mappings of the kernel look like. */
  private static final long KERNEL_PROT = Pte.PRESENT | Pte.RW | Pte.ACCESSED | Pte.DIRTY | Pte.NX;

  private final WalkedMemory m = new WalkedMemory();
  private final Mm initMm = m.memory.mm();
  private final KernelPageWalk walks = new KernelPageWalk(m.memory.sched, initMm, m.memory.log);

  @BeforeEach
  void lock() {
    initMm.mmapLock.readLock();
    m.memory.setEntry(initMm, KERNEL + PAGE, Pte.pfnPte(7, KERNEL_PROT));
  }

  @AfterEach
  void close() {
    m.close();
  }

  @Test
  void kernel_tables_are_walked_without_locks_tests_or_brackets() {
    RecordingOps ops =
        new RecordingOps(
            KERNEL, PGD_ENTRY, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY, PTE_HOLE, TEST_WALK, PRE_VMA,
            POST_VMA);
    ops.answer =
        (visit, walk) -> {
          assertThat(walk.mm()).isSameAs(initMm);
          assertThat(walk.vma()).isNull();
          return 0;
        };
    MmWalk walk = new MmWalk(ops);
    assertThat(walks.walkKernelPageTableRange(KERNEL, KERNEL + MIB2 + PAGE, walk, null)).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "pgd@0+201000", "pud@0+201000", "pmd@0+200000", "pte@1000+1000", "hole3@200000+1000");
    assertThat(ops.ptes).isEqualTo(512);
    assertThat(ops.ptesLocked).isZero();
    assertThat(m.memory.sched.current().work.pageWalks).isEqualTo(1);
  }

  @Test
  void the_last_page_of_all_addresses_is_walked_too() {
    long last = -PAGE;
    m.memory.setEntry(initMm, last, Pte.pfnPte(7, KERNEL_PROT));
    m.memory.setEntry(initMm, last - PAGE, Pte.pfnPte(8, KERNEL_PROT));
    RecordingOps ops = new RecordingOps(last, PTE_ENTRY, PTE_HOLE);
    MmWalk walk = new MmWalk(ops);
    assertThat(walks.walkKernelPageTableRange(last - PAGE, -1, walk, null)).isZero();
    assertThat(ops.visits).containsExactly("pte@fffffffffffff000+1000", "pte@0+1000");
    assertThat(walks.walkKernelPageTableRange(last, 0, walk, null))
        .as("an end of 0 is below every start")
        .isEqualTo(-Errno.EINVAL);
  }

  @Test
  void huge_pages_and_what_is_not_present_have_nothing_below_and_are_not_split() {
    m.memory.table(initMm, KERNEL + GIB);
    var pmds = initMm.pgTables.pmdTable(KERNEL + GIB);
    pmds.set(1, m.hugePmd(1024, new VmArea(initMm, 0, PAGE, 1, 0)));
    pmds.set(2, m.swapTypes().makeReadableMigrationEntry(1024));
    var puds = initMm.pgTables.pudTable(KERNEL);
    puds.set(2, Pud.pudMkhuge(KERNEL_PROT));
    puds.set(3, 1L << 9);
    RecordingOps ops = new RecordingOps(KERNEL, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY);
    long start = KERNEL + GIB + MIB2;
    MmWalk walk = new MmWalk(ops);
    assertThat(walks.walkKernelPageTableRange(start, start + 2 * MIB2, walk, null)).isZero();
    start = KERNEL + 2 * GIB;
    assertThat(walks.walkKernelPageTableRange(start, start + 2 * GIB, walk, null)).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "pud@40200000+400000",
            "pmd@40200000+200000",
            "pmd@40400000+200000",
            "pud@80000000+40000000",
            "pud@c0000000+40000000");
    assertThat(ops.ptes).isZero();
  }

  @Test
  void another_top_table_may_be_walked_in_the_kernels_name() {
    Mm other = m.memory.mm();
    m.memory.setEntry(other, BASE, Pte.pfnPte(9, KERNEL_PROT));
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY);
    MmWalk walk = new MmWalk(ops);
    long end = BASE + PAGE;
    assertThat(walks.walkKernelPageTableRange(BASE, end, walk, null)).isZero();
    assertThat(ops.visits).isEmpty();
    assertThat(walks.walkKernelPageTableRange(BASE, end, walk, other.pgTables.pgd())).isZero();
    assertThat(ops.visits).containsExactly("pte@0+1000");
    assertThat(walk.mm()).isSameAs(initMm);
  }

  @Test
  void a_kernel_walk_needs_init_mms_lock_unless_it_says_that_it_does_not() {
    initMm.mmapLock.readUnlock();
    MmWalk walk = new MmWalk(new RecordingOps(KERNEL, PTE_ENTRY));
    assertThatThrownBy(() -> walks.walkKernelPageTableRange(KERNEL, KERNEL + PAGE, walk, null))
        .hasMessageContaining("mmap_lock");
    assertThatThrownBy(() -> walks.walkKernelPageTableRange(KERNEL, KERNEL, walk, null))
        .as("the lock is asked about first")
        .hasMessageContaining("mmap_lock");
    assertThat(walks.walkKernelPageTableRangeLockless(KERNEL, KERNEL + PAGE, walk, null)).isZero();
    assertThat(walks.walkKernelPageTableRangeLockless(KERNEL, KERNEL, walk, null))
        .isEqualTo(-Errno.EINVAL);
    MmWalk install = new MmWalk(new RecordingOps(KERNEL, PTE_ENTRY, INSTALL_PTE));
    assertThat(walks.walkKernelPageTableRangeLockless(KERNEL, KERNEL + PAGE, install, null))
        .isEqualTo(-Errno.EINVAL);
  }

  @Test
  void a_debugging_walk_of_a_process_needs_its_lock_for_writing_after_its_arguments_are_right() {
    VmArea vma = m.map(0, 2);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PTE_ENTRY, PTE_HOLE, TEST_WALK);
    MmWalk walk = new MmWalk(ops);
    MmWalk install = new MmWalk(new RecordingOps(BASE, PTE_ENTRY, INSTALL_PTE));
    long end = BASE + GIB + PAGE;
    assertThat(walks.walkPageRangeDebug(m.mm, BASE, BASE, walk, null)).isEqualTo(-Errno.EINVAL);
    assertThat(walks.walkPageRangeDebug(m.mm, BASE, end, install, null)).isEqualTo(-Errno.EINVAL);
    assertThatThrownBy(() -> walks.walkPageRangeDebug(m.mm, BASE, end, walk, null))
        .hasMessageContaining("for writing");
    m.mm.mmapLock.readUnlock();
    m.mm.mmapLock.writeLock();
    assertThat(walks.walkPageRangeDebug(m.mm, BASE, end, walk, null)).isZero();
    assertThat(ops.visits)
        .as("beyond the mapping too")
        .hasSize(1 + 511 + 1)
        .startsWith("pte@0+1000", "hole3@200000+200000")
        .endsWith("hole2@40000000+1000");
    assertThat(ops.ptesLocked).isZero();
    assertThat(walk.mm()).isSameAs(m.mm);
  }

  @Test
  void a_debugging_walk_of_the_kernel_is_a_kernel_walk() {
    RecordingOps ops = new RecordingOps(KERNEL, PTE_ENTRY);
    MmWalk walk = new MmWalk(ops);
    assertThat(walks.walkPageRangeDebug(initMm, KERNEL, KERNEL + 2 * PAGE, walk, null)).isZero();
    assertThat(ops.visits).containsExactly("pte@1000+1000");
    initMm.mmapLock.readUnlock();
    assertThatThrownBy(() -> walks.walkPageRangeDebug(initMm, KERNEL, KERNEL + PAGE, walk, null))
        .hasMessageContaining("mmap_lock");
  }

  @Test
  void an_entry_that_its_callback_emptied_has_nothing_below() {
    RecordingOps ops = new RecordingOps(KERNEL, PMD_ENTRY, PTE_ENTRY, PTE_HOLE);
    PgTables tables = initMm.pgTables;
    ops.answer =
        (visit, walk) -> {
          Objects.requireNonNull(tables.pmdTable(KERNEL)).set(0, 0);
          return 0;
        };
    MmWalk walk = new MmWalk(ops);
    assertThat(walks.walkKernelPageTableRange(KERNEL, KERNEL + PAGE, walk, null)).isZero();
    assertThat(ops.visits).containsExactly("pmd@0+1000");
  }

  @Test
  void what_a_callback_returns_ends_the_walk_and_is_its_result_whichever_way_in() {
    RecordingOps ops = new RecordingOps(KERNEL, PTE_ENTRY);
    ops.answer = (visit, walk) -> 7;
    MmWalk walk = new MmWalk(ops);
    long end = KERNEL + 2 * MIB2;
    m.memory.setEntry(initMm, KERNEL + MIB2, Pte.pfnPte(8, KERNEL_PROT));
    assertThat(walks.walkKernelPageTableRange(KERNEL, end, walk, null)).isEqualTo(7);
    assertThat(walks.walkKernelPageTableRangeLockless(KERNEL, end, walk, null)).isEqualTo(7);
    assertThat(walks.walkPageRangeDebug(initMm, KERNEL, end, walk, null)).isEqualTo(7);
    assertThat(ops.visits).containsOnly("pte@1000+1000").hasSize(3);
    m.mm.mmapLock.readUnlock();
    m.mm.mmapLock.writeLock();
    assertThat(walks.walkPageRangeDebug(m.mm, KERNEL, end, walk, initMm.pgTables.pgd()))
        .isEqualTo(7);
  }
}
