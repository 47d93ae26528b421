// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.pagewalk.FolioWalk.FW_MIGRATION;
import static org.samepage.pagewalk.FolioWalk.FW_ZEROPAGE;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.GIB;
import static org.samepage.pagewalk.WalkedMemory.MIB2;
import static org.samepage.pagewalk.WalkedMemory.PAGE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Walks to a folio that end at a huge entry, or at what stands for a page that is being moved. */
final class FolioWalkLevelsTest {
  private static final int FIRST = 1024;

  private final WalkedMemory m = new WalkedMemory();
  private final VmArea vma = m.map(0, 3 * GIB / PAGE);
  private final FolioWalk fw =
      new FolioWalk(m.memory.sched, m.memory.normalPage, m.memory.log, SwapTypes.REFERENCE);

  @AfterEach
  void close() {
    m.close();
  }

  private int start(long offset, int flags) {
    return fw.folioWalkStart(vma, BASE + offset, flags);
  }

  private void nothing(long offset, int flags, KernelLock lock) {
    assertThat(start(offset, flags)).isEqualTo(Frames.NO_PAGE);
    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void a_huge_page_of_2_mib_gives_its_folio_the_page_within_and_its_lock() {
    long word = m.hugePmd(FIRST, vma);
    m.setPmd(BASE + MIB2, word);
    PageTable pmds = m.pmdTable(BASE);
    assertThat(start(MIB2 + 5 * PAGE + 0x123, 0)).isEqualTo(FIRST);
    assertThat(fw.page).isEqualTo(FIRST + 5);
    assertThat(fw.level).isEqualTo(FolioWalkLevel.FW_LEVEL_PMD);
    assertThat(fw.table()).isSameAs(pmds);
    assertThat(fw.index).isEqualTo(1);
    assertThat(fw.pte).isEqualTo(word);
    assertThat(pmds.ptl.isLocked()).isTrue();
    fw.folioWalkEnd();
    assertThat(pmds.ptl.isLocked()).isFalse();
    assertThat(start(MIB2 + MIB2 - 1, 0)).isEqualTo(FIRST);
    assertThat(fw.page).as("its last page").isEqualTo(FIRST + 511);
    fw.folioWalkEnd();
    assertThat(m.memory.sched.current().work.ptesRead).isZero();
  }

  @Test
  void a_huge_page_of_1_gib_likewise() {
    long word = m.hugePud(0, vma);
    m.setPud(BASE + 2 * GIB, word);
    PageTable puds = m.pudTable(BASE);
    assertThat(start(2 * GIB + MIB2 + 3 * PAGE, 0)).isZero();
    assertThat(fw.page).isEqualTo(512 + 3);
    assertThat(fw.level).isEqualTo(FolioWalkLevel.FW_LEVEL_PUD);
    assertThat(fw.table()).isSameAs(puds);
    assertThat(fw.index).isEqualTo(2);
    assertThat(fw.pte).isEqualTo(word);
    assertThat(puds.ptl.isLocked()).isTrue();
    fw.folioWalkEnd();
    assertThat(puds.ptl.isLocked()).isFalse();
  }

  @Test
  void a_huge_entry_of_1_gib_that_is_special_or_not_present_gives_nothing() {
    KernelLock lock = m.pudTable(BASE).ptl;
    m.setPud(BASE, m.hugePud(0, vma) | 1L << 9);
    vma.vmFlags |= VmFlags.VM_PFNMAP;
    nothing(0, 0, lock);
    m.setPud(BASE, m.hugePud(0, vma) & ~1L);
    nothing(0, 0, lock);
    m.setPud(BASE, m.swapTypes().makeReadableMigrationEntry(FIRST));
    nothing(0, FW_MIGRATION, lock);
    assertThat(m.memory.log.reports()).isEmpty();
  }

  @Test
  void trap_23_a_huge_page_that_is_being_split_is_found() {
    m.setPmd(BASE, Pmd.pmdMkinvalid(m.hugePmd(FIRST, vma)));
    assertThat(start(PAGE, 0)).isEqualTo(FIRST);
    assertThat(fw.page).isEqualTo(FIRST + 1);
    fw.folioWalkEnd();
  }

  @Test
  void a_page_that_is_being_moved_is_found_when_asked_and_not_shown() {
    m.setPmd(BASE, m.swapTypes().makeReadableMigrationEntry(FIRST));
    long small =
        m.swapTypes().makeMigrationEntryYoung(m.swapTypes().makeWritableMigrationEntry(777));
    m.memory.setEntry(m.mm, BASE + MIB2, small);
    KernelLock pmdLock = m.pmdTable(BASE).ptl;
    KernelLock pteLock = m.memory.table(m.mm, BASE + MIB2).ptl;
    nothing(0, FW_ZEROPAGE, pmdLock);
    nothing(MIB2, FW_ZEROPAGE, pteLock);
    assertThat(start(7 * PAGE, FW_MIGRATION)).isEqualTo(FIRST);
    assertThat(fw.page).isEqualTo(Frames.NO_PAGE);
    assertThat(fw.level).isEqualTo(FolioWalkLevel.FW_LEVEL_PMD);
    assertThat(pmdLock.isLocked()).isTrue();
    fw.folioWalkEnd();
    assertThat(start(MIB2, FW_MIGRATION)).isEqualTo(777);
    assertThat(fw.page).isEqualTo(Frames.NO_PAGE);
    assertThat(fw.level).isEqualTo(FolioWalkLevel.FW_LEVEL_PTE);
    assertThat(fw.pte).isEqualTo(small);
    assertThat(pteLock.isLocked()).isTrue();
    fw.folioWalkEnd();
    assertThat(pteLock.isLocked()).isFalse();
  }

  @Test
  void a_swapped_page_is_not_one_that_is_being_moved() {
    long swapped = SwapEntry.swpEntryRaw(0, 5);
    m.memory.setEntry(m.mm, BASE, swapped);
    nothing(0, FW_MIGRATION | FW_ZEROPAGE, m.memory.table(m.mm, BASE).ptl);
    m.setPmd(BASE + MIB2, swapped);
    nothing(MIB2, FW_MIGRATION | FW_ZEROPAGE, m.pmdTable(BASE).ptl);
  }

  @Test
  void the_huge_page_of_zeros_is_found_when_asked_and_not_shown() {
    m.memory.frames.setHugeZeroPfn(FIRST);
    m.setPmd(BASE, Pmd.pmdMkspecial(m.hugePmd(FIRST, vma)));
    nothing(0, FW_MIGRATION, m.pmdTable(BASE).ptl);
    assertThat(start(3 * PAGE, FW_ZEROPAGE)).isEqualTo(FIRST);
    assertThat(fw.page).isEqualTo(Frames.NO_PAGE);
    assertThat(fw.level).isEqualTo(FolioWalkLevel.FW_LEVEL_PMD);
    fw.folioWalkEnd();
    m.memory.frames.setHugeZeroPfn(Frames.NO_PAGE);
    nothing(0, FW_ZEROPAGE, m.pmdTable(BASE).ptl);
    assertThat(m.memory.log.reports()).as("then it is bad").hasSize(1);
    assertThat(m.memory.log.reports().getFirst().text()).contains("  pmd:8000000000400");
  }

  @Test
  void an_entry_of_a_page_is_told_with_its_place() {
    m.populate(vma, 9 * PAGE);
    assertThat(start(9 * PAGE + 0xfff, 0)).isEqualTo(fw.page).isNotEqualTo(Frames.NO_PAGE);
    assertThat(fw.level).isEqualTo(FolioWalkLevel.FW_LEVEL_PTE);
    assertThat(fw.index).isEqualTo(9);
    assertThat(fw.table()).isSameAs(m.memory.table(m.mm, BASE));
    fw.folioWalkEnd();
  }

  @Test
  void a_bad_top_entry_is_cleared_and_nothing() {
    m.populate(vma, 0);
    PageTable pgd = m.mm.pgTables.pgd();
    pgd.set(32, pgd.get(32) | 1L << 10);
    assertThat(start(0, 0)).isEqualTo(Frames.NO_PAGE);
    assertThat(pgd.get(32)).isZero();
    assertThat(m.memory.log.reports()).hasSize(1);
  }

  @Test
  void empty_levels_give_nothing_and_nothing_is_locked() {
    nothing(0, 0, m.mm.pgTables.pageTableLock());
    m.pudTable(BASE);
    nothing(0, 0, m.pudTable(BASE).ptl);
    nothing(0, 0, m.pmdTable(BASE).ptl);
  }
}
