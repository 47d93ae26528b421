// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.huge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_MIGRATION;
import static org.samepage.rmap.RmapFixture.BASE;
import static org.samepage.rmap.RmapFixture.pmd;
import static org.samepage.rmap.RmapFixture.pmdTable;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SPLIT_HUGE_PMD;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapFixture;
import org.samepage.rmap.unmap.FolioReferenced;

/** Large folios that several processes map, that borders cut, and that are mapped page by page. */
final class SharedHugeTest {
  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final VmArea vma = f.vma(3 * HPAGE_PMD_NR);
  private final long at = BASE + PMD_SIZE;
  private final int folio = f.hugeFaulted(vma, at);
  private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(folios, f.types);
  private final WorkCounters work = f.memory.sched.current().work;

  @AfterEach
  void close() {
    f.close();
  }

  private void hold() {
    folios.folioGet(folio);
    folios.folioLock(folio);
  }

  private void split(VmArea in) {
    f.splitHugePmd.splitHugePmdRaw(in, pmdTable(in, at), pmdIndex(at), at);
  }

  private void setPmd(VmArea in, long word) {
    pmdTable(in, at).set(pmdIndex(at), word);
  }

  private boolean isHuge() {
    return PgTables.isHuge(pmd(vma, at));
  }

  @Test
  void its_first_page_and_its_last_are_found_by_the_huge_entry_and_no_page_beside_it() {
    for (int page = folio - 2; page <= folio + HPAGE_PMD_NR + 1; page++) {
      boolean found = pvmw.definePageVmaWalk(page, vma, at, 0).pageVmaMappedWalk();
      assertThat(found).isEqualTo(page >= folio && page < folio + HPAGE_PMD_NR);
      pvmw.pageVmaMappedWalkDone();
    }
    assertThat(pvmw.defineFolioVmaWalk(folio, vma, at, PVMW_MIGRATION).pageVmaMappedWalk())
        .as("it is mapped")
        .isFalse();
  }

  @Test
  void a_migration_puts_huge_entries_into_every_process_and_takes_them_out_again() {
    VmArea child = f.hugeFork(vma, at);
    hold();
    f.migrate.tryToMigrate(folio, 0);
    assertThat(f.types.isMigrationEntry(pmd(vma, at))).isTrue();
    assertThat(f.types.isMigrationEntry(pmd(child, at))).isTrue();
    assertThat(folios.folioRefCount(folio)).isEqualTo(1);
    f.restore.removeMigrationPtes(folio, folio, 0);
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(2);
    assertThat(work.ptesFound).isEqualTo(4);
  }

  @Test
  void what_was_given_away_is_unmapped_in_every_process_and_no_lock_is_left() {
    VmArea child = f.hugeFork(vma, at);
    folios.frames().clearFlag(folio, PageFlags.PG_SWAPBACKED);
    setPmd(vma, Pmd.pmdMkclean(pmd(vma, at)));
    setPmd(child, Pmd.pmdMkclean(pmd(child, at)));
    hold();
    f.unmap.tryToUnmap(folio, 0);
    assertThat(folios.folioMapped(folio)).isFalse();
    assertThat(pmdTable(vma, at).ptl.isLocked()).isFalse();
    assertThat(pmdTable(child, at).ptl.isLocked()).isFalse();
  }

  @Test
  void what_is_swap_backed_is_not_thrown_away_even_if_it_is_clean() {
    setPmd(vma, Pmd.pmdMkclean(pmd(vma, at)));
    hold();
    assertThatThrownBy(() -> f.unmap.tryToUnmap(folio, 0)).hasMessageContaining("a huge entry");
    assertThat(folios.folioMapped(folio)).isTrue();
  }

  @Test
  void what_was_given_away_and_is_mapped_page_by_page_goes_page_by_page() {
    split(vma);
    folios.frames().clearFlag(folio, PageFlags.PG_SWAPBACKED);
    folios.folioClearDirtyForIo(folio);
    PageTable table = f.memory.table(vma.vmMm, at);
    for (int i = 0; i < HPAGE_PMD_NR; i++) {
      table.set(i, Pte.pteMkclean(table.get(i)));
    }
    hold();
    f.unmap.tryToUnmap(folio, 0);
    assertThat(table.isEmpty()).isTrue();
    assertThat(folios.folioMapped(folio)).isFalse();
    assertThat(folios.folioRefCount(folio)).isEqualTo(1);
    assertThat(work.ptesFound).isEqualTo(HPAGE_PMD_NR);
  }

  @Test
  void a_split_for_a_migration_leaves_nothing_mapped_to_come_back_for() {
    hold();
    f.migrate.tryToMigrate(folio, TTU_SPLIT_HUGE_PMD);
    assertThat(work.ptesFound).as("the huge entry alone").isEqualTo(1);
    assertThat(folios.pageAnonExclusive(folio)).as("the entries have it now").isFalse();
    assertThat(pmdTable(vma, at).ptl.isLocked()).isFalse();
  }

  @Test
  void a_border_splits_what_lies_across_it_where_a_vma_starts_ends_and_where_the_next_one_does() {
    f.splitHugePmd.vmaAdjustTransHuge(vma, at, at + PMD_SIZE, vma);
    assertThat(isHuge()).isTrue();
    f.splitHugePmd.vmaAdjustTransHuge(vma, at + PAGE_SIZE, BASE + 3 * PMD_SIZE, null);
    assertThat(isHuge()).as("the start").isFalse();
    long second = BASE + 2 * PMD_SIZE;
    f.hugeFaulted(vma, second);
    VmArea before = new VmArea(vma.vmMm, BASE, at, vma.vmFlags, vma.vmPgoff);
    f.splitHugePmd.vmaAdjustTransHuge(before, BASE, second + PAGE_SIZE, null);
    assertThat(PgTables.isHuge(pmd(vma, second))).as("another VMA's").isTrue();
    f.splitHugePmd.vmaAdjustTransHuge(before, BASE, second + PAGE_SIZE, vma);
    assertThat(PgTables.isHuge(pmd(vma, second))).as("the next one's").isFalse();
  }

  @Test
  void only_a_vma_that_has_room_for_a_huge_entry_can_have_one_to_split() {
    long border = at + 8 * PAGE_SIZE;
    long pgoff = vma.vmPgoff + HPAGE_PMD_NR;
    VmArea upTo = new VmArea(vma.vmMm, at, border + PAGE_SIZE, vma.vmFlags, pgoff);
    VmArea from = new VmArea(vma.vmMm, border - PAGE_SIZE, vma.vmEnd, vma.vmFlags, pgoff + 7);
    f.splitHugePmd.splitHugePmdIfNeeded(upTo, border);
    f.splitHugePmd.splitHugePmdIfNeeded(from, border);
    assertThat(isHuge()).isTrue();
    assertThatThrownBy(() -> split(upTo)).hasMessageContaining("outside anonymous memory");
    VmArea exact = f.vma(HPAGE_PMD_NR);
    f.hugeFaulted(exact, BASE);
    f.splitHugePmd.splitHugePmdIfNeeded(exact, BASE + 8 * PAGE_SIZE);
    assertThat(PgTables.isHuge(pmd(exact, BASE))).isFalse();
  }

  @Test
  void recent_use_is_not_asked_for_where_all_of_it_is_locked_and_elsewhere_where_a_part_is() {
    VmArea child = f.hugeFork(vma, at);
    setPmd(child, Pte.pteMkyoung(pmd(child, at)));
    vma.vmFlags |= VmFlags.VM_LOCKED;
    FolioReferenced.Result locked = new FolioReferenced.Result(0, VmFlags.VM_LOCKED);
    assertThat(f.referenced.folioReferenced(folio, false)).as("huge").isEqualTo(locked);
    split(vma);
    assertThat(f.referenced.folioReferenced(folio, false)).as("512 pages").isEqualTo(locked);
    assertThat(Pmd.pmdYoung(pmd(child, at))).isTrue();
    f.memory.table(vma.vmMm, at).set(511, 0);
    f.rmap.folioRemoveRmapPtes(folio + 511, vma);
    folios.folioPut(folio);
    f.forkVma(child); // without it: the search ends before
    work.rmapIterations = 0;
    assertThat(f.referenced.folioReferenced(folio, false))
        .as("511 pages")
        .isEqualTo(new FolioReferenced.Result(1, child.vmFlags));
    assertThat(Pmd.pmdYoung(pmd(child, at))).isFalse();
    assertThat(work.rmapIterations).isEqualTo(2);
  }

  @Test
  void what_is_locked_across_two_tables_is_not_all_locked_under_one_lock() {
    split(vma);
    PageTable from = f.memory.table(vma.vmMm, at);
    PageTable to = f.memory.table(vma.vmMm, at + PMD_SIZE);
    vma.vmPgoff -= 2; // as if mremap had moved all of it up by two pages
    for (int i = 511; i >= 0; i--) {
      (i < 510 ? from : to).set((i + 2) % 512, from.get(i));
    }
    from.set(0, 0);
    from.set(1, 0);
    vma.vmFlags |= VmFlags.VM_LOCKED;
    f.forkVma(vma);
    assertThat(f.referenced.folioReferenced(folio, false))
        .isEqualTo(new FolioReferenced.Result(0, 0));
    assertThat(work.ptesFound).isEqualTo(HPAGE_PMD_NR);
    assertThat(work.rmapIterations).as("all its mappings are met").isEqualTo(1);
  }
}
