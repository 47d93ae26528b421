// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.rmap.RmapFixture.BASE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.unmap.TtuFlags;

/** The marks and the count of folios that are locked in memory, as mm/mlock.c has them. */
final class MlockedFoliosTest {
  private static final int HUGE = PageUnits.HPAGE_PMD_NR;

  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final Frames frames = folios.frames();
  private final MlockedFolios mlocked = new MlockedFolios(folios);
  private final VmArea vma = f.vma(2L * HUGE);

  @AfterEach
  void close() {
    f.close();
  }

  private boolean isUnevictable(int folio) {
    return frames.testFlag(folio, PageFlags.PG_UNEVICTABLE);
  }

  private void assertLocked(int folio, int count) {
    assertThat(folios.folioTestMlocked(folio)).isTrue();
    assertThat(isUnevictable(folio)).isTrue();
    assertThat(frames.mlockCount(folio)).isEqualTo(count);
    assertIsolatable(folio);
  }

  private void assertNotLocked(int folio) {
    assertThat(folios.folioTestMlocked(folio)).isFalse();
    assertThat(isUnevictable(folio)).isFalse();
    assertIsolatable(folio);
  }

  /** Nobody keeps it isolated. */
  private void assertIsolatable(int folio) {
    assertThat(folios.folioTestClearLru(folio)).isTrue();
    folios.folioSetLru(folio);
  }

  @Test
  void each_lock_is_counted_and_the_last_to_go_makes_it_evictable() {
    int folio = f.faulted(vma, BASE);
    frames.setFlag(folio, PageFlags.PG_ACTIVE);
    mlocked.mlockFolio(folio);
    assertLocked(folio, 1);
    assertThat(frames.testFlag(folio, PageFlags.PG_ACTIVE)).isFalse();
    mlocked.mlockFolio(folio);
    assertLocked(folio, 2);
    mlocked.munlockFolio(folio);
    assertLocked(folio, 1);
    mlocked.munlockFolio(folio);
    assertNotLocked(folio);
    assertThat(frames.mlockCount(folio)).isZero();
    mlocked.munlockFolio(folio);
    assertNotLocked(folio);
    assertThat(frames.mlockCount(folio)).isZero();
  }

  @Test
  void a_count_that_is_too_low_ends_at_none() {
    int folio = f.faulted(vma, BASE);
    mlocked.mlockFolio(folio);
    frames.setMlockCount(folio, 0);
    mlocked.munlockFolio(folio);
    assertNotLocked(folio);
    assertThat(frames.mlockCount(folio)).isZero();
  }

  @Test
  void of_one_that_is_isolated_nothing_is_counted() {
    int folio = f.faulted(vma, BASE);
    assertThat(folios.folioTestClearLru(folio)).isTrue();
    mlocked.mlockFolio(folio);
    assertThat(folios.folioTestMlocked(folio)).isTrue();
    assertThat(isUnevictable(folio)).isFalse();
    assertThat(frames.mlockCount(folio)).isZero();
    frames.setFlag(folio, PageFlags.PG_UNEVICTABLE);
    frames.setMlockCount(folio, 2);
    mlocked.munlockFolio(folio);
    assertThat(folios.folioTestMlocked(folio)).isFalse();
    assertThat(isUnevictable(folio)).as("for who puts it back").isTrue();
    assertThat(frames.mlockCount(folio)).isEqualTo(2);
    assertThat(folios.folioTestClearLru(folio)).as("it still is isolated").isFalse();
  }

  @Test
  void a_new_folio_is_locked_with_its_mapping_unless_mlock_is_at_work_there() {
    assertNotLocked(f.faulted(vma, BASE));
    vma.vmFlags |= VmFlags.VM_LOCKED;
    assertLocked(f.faulted(vma, BASE + PageUnits.PAGE_SIZE), 1);
    vma.vmFlags |= VmFlags.VM_IO;
    assertNotLocked(f.faulted(vma, BASE + 2 * PageUnits.PAGE_SIZE));
  }

  @Test
  void one_more_mapping_locks_it_and_one_less_lets_it_go() {
    int folio = f.faulted(vma, BASE);
    VmArea child = f.fork(vma, BASE);
    child.vmFlags |= VmFlags.VM_LOCKED;
    folios.folioLock(folio);
    f.rmap.folioAddAnonRmapPtes(folio, 1, child, BASE, AnonRmap.RMAP_NONE);
    assertLocked(folio, 1);
    f.rmap.folioRemoveRmapPtes(folio, vma);
    assertLocked(folio, 1);
    f.rmap.folioRemoveRmapPtes(folio, child);
    assertNotLocked(folio);
  }

  @Test
  void a_huge_page_is_locked_by_all_of_it_alone_and_let_go_by_any_part() {
    int folio = f.hugeFaulted(vma, BASE);
    VmArea child = f.hugeFork(vma, BASE);
    child.vmFlags |= VmFlags.VM_LOCKED;
    folios.folioLock(folio);
    f.rmap.folioAddAnonRmapPtes(folio, HUGE - 1, child, BASE, AnonRmap.RMAP_NONE);
    assertNotLocked(folio);
    f.rmap.folioAddAnonRmapPmd(folio, child, BASE, AnonRmap.RMAP_NONE);
    assertLocked(folio, 1);
    f.rmap.folioRemoveRmapPtes(folio + 5, child);
    assertNotLocked(folio);
    f.rmap.folioAddAnonRmapPmd(folio, child, BASE, AnonRmap.RMAP_NONE);
    assertLocked(folio, 1);
    f.rmap.folioRemoveRmapPmd(folio, child);
    assertNotLocked(folio);
  }

  @Test
  void a_files_page_is_locked_with_its_mapping() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 8 * PageUnits.PAGE_SIZE);
    VmArea shared = f.fileVma(file, 0, 8);
    shared.vmFlags |= VmFlags.VM_LOCKED;
    int folio = folios.vmaAllocFolioNoprof(0, 0);
    f.rmap.folioAddFileRmapPtes(folio, shared);
    assertLocked(folio, 1);
  }

  @Test
  void who_finds_that_a_lock_was_missed_makes_good_for_it() {
    int folio = f.faulted(vma, BASE);
    vma.vmFlags |= VmFlags.VM_LOCKED;
    folios.folioLock(folio);
    f.referenced.folioReferenced(folio, true);
    assertLocked(folio, 1);
    mlocked.munlockFolio(folio);
    f.addToSwap(folio);
    f.unmap.tryToUnmap(folio, TtuFlags.TTU_SYNC);
    assertThat(folios.folioMapped(folio)).isTrue();
    assertLocked(folio, 1);
  }

  @Test
  void a_huge_entry_of_locked_memory_stays_and_marks_its_folio() {
    int folio = f.hugeFaulted(vma, BASE);
    vma.vmFlags |= VmFlags.VM_LOCKED;
    folios.folioLock(folio);
    f.unmap.tryToUnmap(folio, TtuFlags.TTU_SPLIT_HUGE_PMD);
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(1);
    assertLocked(folio, 1);
  }

  @Test
  void a_part_that_is_locked_ends_the_walk_and_marks_nothing() {
    int folio = f.hugeFaulted(vma, BASE);
    VmArea child = f.hugeFork(vma, BASE);
    f.splitHugePmd.splitHugePmdRaw(
        vma, RmapFixture.pmdTable(vma, BASE), PageUnits.pmdIndex(BASE), BASE);
    f.memory.setEntry(vma.vmMm, BASE, 0);
    f.rmap.folioRemoveRmapPtes(folio, vma);
    folios.folioPut(folio);
    vma.vmFlags |= VmFlags.VM_LOCKED;
    folios.folioLock(folio);
    f.unmap.tryToUnmap(folio, TtuFlags.TTU_SPLIT_HUGE_PMD);
    assertThat(folios.folioMapcount(folio)).as("its entries, and the huge one").isEqualTo(HUGE);
    assertThat(PgTables.isHuge(RmapFixture.pmd(child, BASE))).isTrue();
    assertNotLocked(folio);
  }
}
