// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.huge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_MIGRATION;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_SYNC;
import static org.samepage.rmap.RmapFixture.pmd;
import static org.samepage.rmap.RmapFixture.pmdTable;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SPLIT_HUGE_PMD;
import static org.samepage.rmap.unmap.TtuFlags.TTU_USE_SHARED_ZEROPAGE;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapFixture;

/** Walks over the mappings of large folios, and what they do to huge entries. */
final class HugeWalkTest {
  private static final long BASE = RmapFixture.BASE;

  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final VmArea vma = f.vma(4 * HPAGE_PMD_NR);
  private final int folio = f.hugeFaulted(vma, BASE + PMD_SIZE);
  private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(folios, f.types);

  @AfterEach
  void close() {
    f.close();
  }

  private void split(long addr) {
    f.splitHugePmd.splitHugePmdRaw(vma, pmdTable(vma, addr), pmdIndex(addr), addr);
  }

  private List<Long> found(int walked, VmArea in, long addr, int flags) {
    List<Long> at = new ArrayList<>();
    pvmw.defineFolioVmaWalk(walked, in, addr, flags);
    while (pvmw.pageVmaMappedWalk()) {
      assertThat(pvmw.table().ptl.isLocked()).isTrue();
      at.add((pvmw.address() - BASE) / PAGE_SIZE);
    }
    return at;
  }

  @Test
  void a_huge_entry_is_found_once_with_its_lock() {
    for (int flags : new int[] {0, PVMW_SYNC}) {
      pvmw.defineFolioVmaWalk(folio, vma, BASE + PMD_SIZE, flags);
      assertThat(pvmw.pageVmaMappedWalk()).isTrue();
      assertThat(pvmw.isPmd()).isTrue();
      assertThat(pvmw.table()).isSameAs(pmdTable(vma, BASE + PMD_SIZE));
      assertThat(pvmw.index()).isEqualTo(pmdIndex(BASE + PMD_SIZE));
      assertThat(pvmw.table().ptl.isLocked()).isTrue();
      assertThat(pvmw.pageVmaMappedWalk()).as("there is one in a VMA").isFalse();
      assertThat(pmdTable(vma, BASE).ptl.isLocked()).isFalse();
    }
  }

  @Test
  void a_huge_entry_of_another_folio_ends_the_walk() {
    int other = f.hugeFaulted(vma, BASE + 2 * PMD_SIZE);
    assertThat(found(other, vma, BASE + PMD_SIZE, 0)).isEmpty();
    assertThat(pmdTable(vma, BASE).ptl.isLocked()).isFalse();
  }

  @Test
  void one_page_of_it_is_found_by_the_huge_entry_too() {
    pvmw.definePageVmaWalk(folio + 7, vma, BASE + PMD_SIZE + 7 * PAGE_SIZE, 0);
    assertThat(pvmw.pageVmaMappedWalk()).isTrue();
    assertThat(pvmw.isPmd()).isTrue();
    pvmw.pageVmaMappedWalkDone();
  }

  @Test
  void after_a_split_every_small_entry_is_found_and_those_that_went_are_not() {
    split(BASE + PMD_SIZE);
    PageTable table = f.memory.table(vma.vmMm, BASE + PMD_SIZE);
    table.set(3, 0);
    table.set(5, Pte.pfnPte(4, vma.vmPageProt)); // somebody else's page
    List<Long> at = found(folio, vma, BASE + PMD_SIZE, 0);
    assertThat(at).hasSize(510).doesNotContain(515L, 517L).startsWith(512L).endsWith(1023L);
    assertThat(found(folio, vma, BASE + PMD_SIZE, PVMW_SYNC)).isEqualTo(at);
  }

  @Test
  void mappings_that_lie_across_two_tables_are_found_in_both() {
    split(BASE + PMD_SIZE);
    PageTable from = f.memory.table(vma.vmMm, BASE + PMD_SIZE);
    PageTable to = f.memory.table(vma.vmMm, BASE + 2 * PMD_SIZE);
    vma.vmPgoff -= 2; // as if mremap had moved all of it up by two pages
    for (int i = 511; i >= 0; i--) {
      (i < 510 ? from : to).set((i + 2) % 512, from.get(i));
    }
    from.set(0, 0);
    from.set(1, 0);
    List<Long> at = found(folio, vma, BASE + PMD_SIZE + 2 * PAGE_SIZE, 0);
    assertThat(at).hasSize(512).startsWith(514L).endsWith(1025L);
    assertThat(pvmw.flags() & PageVmaMappedWalk.PVMW_PGTABLE_CROSSED).isNotZero();
  }

  @Test
  void a_folio_that_begins_before_its_vma_is_found_from_the_start_of_that_on() {
    split(BASE + PMD_SIZE);
    Mm mm = f.memory.mm();
    VmArea part = f.memory.map(mm, BASE + PMD_SIZE + 8 * PAGE_SIZE, 16, vma.vmFlags);
    PageTable table = f.memory.table(vma.vmMm, BASE + PMD_SIZE);
    for (int i = 8; i < 24; i++) {
      f.memory.setEntry(mm, BASE + PMD_SIZE + i * PAGE_SIZE, table.get(i));
    }
    List<Long> at = found(folio, part, part.vmStart, 0);
    assertThat(at).hasSize(16).startsWith(520L).endsWith(535L);
  }

  @Test
  void migration_puts_a_huge_entry_in_the_place_of_one_and_back() {
    long before = pmd(vma, BASE + PMD_SIZE);
    int references = folios.folioRefCount(folio);
    folios.folioGet(folio);
    folios.folioLock(folio);
    f.migrate.tryToMigrate(folio, 0);
    long entry = pmd(vma, BASE + PMD_SIZE);
    assertThat(Pmd.isPmdMigrationEntry(entry, f.types)).isTrue();
    assertThat(f.types.isWritableMigrationEntry(entry)).isTrue();
    assertThat(folios.folioMapped(folio)).isFalse();
    assertThat(folios.pageAnonExclusive(folio)).as("the entry has it now").isFalse();
    assertThat(folios.folioRefCount(folio)).isEqualTo(references);
    assertThat(found(folio, vma, BASE + PMD_SIZE, 0)).isEmpty();
    assertThat(found(folio, vma, BASE + PMD_SIZE, PVMW_MIGRATION)).hasSize(1);
    f.restore.removeMigrationPtes(folio, folio, 0);
    assertThat(pmd(vma, BASE + PMD_SIZE)).isEqualTo(before);
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(1);
    assertThat(folios.pageAnonExclusive(folio)).isTrue();
    folios.folioUnlock(folio);
    folios.folioPut(folio);
  }

  @Test
  void where_the_folio_is_to_be_split_small_migration_entries_take_its_place() {
    folios.folioGet(folio);
    folios.folioLock(folio);
    f.migrate.tryToMigrate(folio, TTU_SPLIT_HUGE_PMD);
    assertThat(folios.folioMapped(folio)).isFalse();
    assertThat(folios.folioRefCount(folio)).isEqualTo(1);
    assertThat(found(folio, vma, BASE + PMD_SIZE, PVMW_MIGRATION)).hasSize(512);
    long entry = f.memory.entry(vma.vmMm, BASE + PMD_SIZE + 9 * PAGE_SIZE);
    assertThat(f.types.swpOffsetPfn(entry)).isEqualTo(folio + 9);
    assertThat(f.types.isWritableMigrationEntry(entry)).isTrue();
    assertThat(f.types.isMigrationEntryDirty(entry)).isTrue();
    f.restore.removeMigrationPtes(folio, folio, TTU_USE_SHARED_ZEROPAGE);
    assertThat(folios.folioMapcount(folio)).as("not split: zeros stay").isEqualTo(512);
    assertThat(folios.pageAnonExclusive(folio + 9)).isTrue();
    folios.folioUnlock(folio);
    folios.folioPut(folio);
  }

  @Test
  void a_split_of_a_huge_migration_entry_makes_small_ones() {
    folios.folioGet(folio);
    folios.folioLock(folio);
    f.migrate.tryToMigrate(folio, 0);
    split(BASE + PMD_SIZE);
    List<Long> at = found(folio, vma, BASE + PMD_SIZE, PVMW_MIGRATION);
    assertThat(at).hasSize(512);
    f.restore.removeMigrationPtes(folio, folio, 0);
    assertThat(folios.folioMapcount(folio)).isEqualTo(512);
    folios.folioUnlock(folio);
    folios.folioPut(folio);
  }

  @Test
  void an_unmapping_splits_what_is_swap_backed_only_if_told_to() {
    folios.folioGet(folio);
    folios.folioLock(folio);
    assertThatThrownBy(() -> f.unmap.tryToUnmap(folio, 0)).hasMessageContaining("a huge entry");
  }

  @Test
  void what_was_given_away_is_unmapped_by_its_huge_entry() {
    long tables = vma.vmMm.pgTables.pgtablesBytes();
    folios.frames().clearFlag(folio, PageFlags.PG_SWAPBACKED);
    PageTable table = pmdTable(vma, BASE + PMD_SIZE);
    int at = pmdIndex(BASE + PMD_SIZE);
    table.set(at, Pmd.pmdMkclean(table.get(at)));
    folios.folioGet(folio);
    folios.folioLock(folio);
    f.unmap.tryToUnmap(folio, 0);
    assertThat(table.get(at)).isZero();
    assertThat(folios.folioMapped(folio)).isFalse();
    assertThat(vma.vmMm.rssStat.get(Mm.MM_ANONPAGES)).isZero();
    assertThat(vma.vmMm.pgTables.pgtablesBytes()).isEqualTo(tables - 4096);
    folios.folioUnlock(folio);
    folios.folioPut(folio);
    assertThat(folios.folioRefCount(folio)).isZero();
  }

  @Test
  void what_was_given_away_and_is_held_by_somebody_is_split_and_stays() {
    folios.frames().clearFlag(folio, PageFlags.PG_SWAPBACKED);
    PageTable table = pmdTable(vma, BASE + PMD_SIZE);
    int at = pmdIndex(BASE + PMD_SIZE);
    table.set(at, Pmd.pmdMkclean(table.get(at)));
    folios.folioRefAdd(folio, 2);
    folios.folioLock(folio);
    f.unmap.tryToUnmap(folio, TTU_SPLIT_HUGE_PMD);
    assertThat(PgTables.isHuge(table.get(at))).isFalse();
    assertThat(folios.folioMapcount(folio)).isEqualTo(512);
    assertThat(folios.folioTestSwapbacked(folio)).as("it is clean, and may go yet").isFalse();
    folios.folioUnlock(folio);
    folios.folioRefAdd(folio, -2);
  }

  @Test
  void what_was_given_away_and_written_again_is_split_and_swap_backed_again() {
    folios.frames().clearFlag(folio, PageFlags.PG_SWAPBACKED);
    folios.folioGet(folio);
    folios.folioLock(folio);
    f.unmap.tryToUnmap(folio, TTU_SPLIT_HUGE_PMD);
    assertThat(PgTables.isHuge(pmd(vma, BASE + PMD_SIZE))).isFalse();
    assertThat(folios.folioMapcount(folio)).isEqualTo(512);
    assertThat(folios.folioTestSwapbacked(folio)).isTrue();
    assertThat(folios.folioTestDirty(folio)).isTrue();
  }

  @Test
  void the_table_that_waited_below_goes_with_what_was_given_away() {
    folios.frames().clearFlag(folio, PageFlags.PG_SWAPBACKED);
    PageTable table = pmdTable(vma, BASE + PMD_SIZE);
    int at = pmdIndex(BASE + PMD_SIZE);
    table.set(at, Pmd.pmdMkclean(table.get(at)));
    folios.folioGet(folio);
    folios.folioLock(folio);
    long frames = f.memory.allocator.pagesInUse();
    f.unmap.tryToUnmap(folio, 0);
    assertThat(f.memory.allocator.pagesInUse()).as("the folio is ours yet").isEqualTo(frames - 1);
  }

  @Test
  void recent_use_is_asked_of_small_entries_and_huge_ones() {
    assertThat(f.referenced.folioReferenced(folio, false).count()).isEqualTo(1);
    assertThat(Pmd.pmdYoung(pmd(vma, BASE + PMD_SIZE))).isFalse();
    assertThat(f.referenced.folioReferenced(folio, false).count()).isZero();
    split(BASE + PMD_SIZE);
    PageTable table = f.memory.table(vma.vmMm, BASE + PMD_SIZE);
    table.set(77, Pte.pteMkyoung(table.get(77)));
    assertThat(f.referenced.folioReferenced(folio, false).count()).isEqualTo(1);
    assertThat(Pte.pteYoung(table.get(77))).isFalse();
  }

  @Test
  void a_page_has_an_address_of_its_own() {
    assertThat(f.rmap.pageAddressInVma(folio + 9, vma)).isEqualTo(BASE + PMD_SIZE + 9 * PAGE_SIZE);
    VmArea elsewhere = f.vma(4);
    assertThat(f.rmap.pageAddressInVma(folio + 9, elsewhere)).isEqualTo(AnonRmap.NO_ADDRESS);
  }

  @Test
  void a_mapping_in_the_wrong_place_or_once_too_often_gone_is_an_error() {
    assertThatThrownBy(() -> f.rmap.folioAddAnonRmapPmd(folio, vma, BASE, AnonRmap.RMAP_NONE))
        .hasMessageContaining("does not belong");
    assertThatThrownBy(
            () -> f.rmap.folioAddAnonRmapPtes(folio + 1, vma, BASE + PMD_SIZE, AnonRmap.RMAP_NONE))
        .hasMessageContaining("does not belong");
    f.rmap.folioRemoveRmapPmd(folio, vma);
    assertThatThrownBy(() -> f.rmap.folioRemoveRmapPmd(folio, vma))
        .hasMessageContaining("once too often");
  }

  @Test
  void trap_23_an_entry_that_is_being_split_is_present_to_the_walk() {
    PageTable table = pmdTable(vma, BASE + PMD_SIZE);
    int at = pmdIndex(BASE + PMD_SIZE);
    table.set(at, Pmd.pmdMkinvalid(table.get(at)));
    assertThat(found(folio, vma, BASE + PMD_SIZE, 0)).hasSize(1);
  }

  @Test
  void a_border_of_a_vma_within_a_huge_page_splits_it_and_an_aligned_one_does_not() {
    f.splitHugePmd.splitHugePmdIfNeeded(vma, BASE + PMD_SIZE);
    f.splitHugePmd.splitHugePmdIfNeeded(vma, BASE + 3 * PMD_SIZE + PAGE_SIZE);
    assertThat(PgTables.isHuge(pmd(vma, BASE + PMD_SIZE))).isTrue();
    f.splitHugePmd.vmaAdjustTransHuge(vma, BASE, BASE + PMD_SIZE + PAGE_SIZE, null);
    assertThat(PgTables.isHuge(pmd(vma, BASE + PMD_SIZE))).isFalse();
  }
}
