// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_MIGRATION;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_SYNC;
import static org.samepage.rmap.RmapFixture.BASE;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.vma.VmArea;

/**
 * Which locks a walk waits for, and what it finds where somebody changed what is there meanwhile.
 */
final class MappedWalkLocksTest {
  private final RmapFixture f = new RmapFixture();
  private final VmArea vma = f.waitingVma(HPAGE_PMD_NR);
  private final PgTables tables = vma.vmMm.pgTables;
  private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(f.folios, f.types);

  @AfterEach
  void close() {
    f.close();
  }

  private PageTable pmds() {
    return RmapFixture.pmdTable(vma, BASE);
  }

  private boolean finds(int folio, int flags) {
    return pvmw.defineFolioVmaWalk(folio, vma, BASE, flags).pageVmaMappedWalk();
  }

  /** Has a walk wait for a lock, whose holder does something before letting go. */
  private void held(PageTable table, Runnable meanwhile) {
    table.ptl.lock();
    f.contention.once(() -> {
      meanwhile.run();
      table.ptl.unlock();
    });
  }

  @Test
  void a_huge_entry_that_is_split_meanwhile_is_looked_for_below() {
    int folio = f.hugeFaulted(vma, BASE);
    PageTable at = pmds();
    held(at, () -> f.splitHugePmd.splitHugePmdLocked(vma, at, pmdIndex(BASE), BASE, false));
    assertThat(finds(folio, 0)).isTrue();
    assertThat(f.contention.happened()).isTrue();
    assertThat(pvmw.isPmd()).isFalse();
    assertThat(Pte.ptePfn(pvmw.pte())).isEqualTo(folio);
    assertThat(at.ptl.isLocked()).isFalse();
    pvmw.pageVmaMappedWalkDone();
  }

  @Test
  void a_huge_entry_that_goes_meanwhile_is_not_found() {
    for (int flags : new int[] {0, PVMW_MIGRATION}) {
      int folio = f.hugeFaulted(vma, BASE);
      held(pmds(), () -> pmds().set(pmdIndex(BASE), 0));
      assertThat(finds(folio, flags)).isFalse();
      assertThat(f.contention.happened()).isTrue();
      assertThat(pmds().ptl.isLocked()).isFalse();
    }
  }

  @Test
  void who_syncs_waits_for_the_one_who_has_cleared_a_huge_entry_and_not_yet_counted() {
    int folio = f.hugeFaulted(vma, BASE);
    pmds().set(pmdIndex(BASE), 0);
    held(pmds(), () -> {});
    assertThat(finds(folio, 0)).as("does not wait").isFalse();
    pvmw.definePageVmaWalk(folio, vma, BASE, PVMW_SYNC);
    assertThat(pvmw.pageVmaMappedWalk()).as("one page has no huge entry").isFalse();
    long pgoff = vma.vmPgoff;
    long inside = BASE + 8 * PAGE_SIZE;
    VmArea from = new VmArea(vma.vmMm, inside, vma.vmEnd, vma.vmFlags, pgoff + 8);
    pvmw.begin(folio, HPAGE_PMD_NR, pgoff, from, inside, PVMW_SYNC);
    assertThat(pvmw.pageVmaMappedWalk()).as("no huge page fits there").isFalse();
    VmArea to = new VmArea(vma.vmMm, BASE, inside, vma.vmFlags, pgoff);
    pvmw.begin(folio, HPAGE_PMD_NR, pgoff, to, BASE, PVMW_SYNC);
    assertThat(pvmw.pageVmaMappedWalk()).as("nor there").isFalse();
    assertThat(f.contention.happened()).isFalse();
    assertThat(finds(folio, PVMW_SYNC)).isFalse();
    assertThat(f.contention.happened()).isTrue();
    assertThat(pmds().ptl.isLocked()).isFalse();
  }

  @Test
  void an_entry_that_cannot_be_the_one_is_not_worth_the_lock_unless_in_sync() {
    int pfn = f.faulted(vma, BASE);
    long mapped = f.pte(vma, BASE);
    long migrating = f.types.makeReadableMigrationEntry(pfn);
    PageTable table = f.memory.table(vma.vmMm, BASE);
    long[][] entriesAndFlags = {
      {0, 0}, {migrating, 0}, {0, PVMW_MIGRATION}, {mapped, PVMW_MIGRATION}
    };
    for (long[] each : entriesAndFlags) {
      int flags = (int) each[1];
      table.set(0, each[0]);
      held(table, () -> {});
      assertThat(finds(pfn, flags)).isFalse();
      assertThat(f.contention.happened()).isFalse();
      assertThat(finds(pfn, flags | PVMW_SYNC)).isFalse();
      assertThat(f.contention.happened()).isTrue();
      assertThat(table.ptl.isLocked()).isFalse();
    }
  }

  /** Puts another table with the same entries in the place of one. */
  private PageTable replace(PageTable old) {
    PageTable fresh = Objects.requireNonNull(tables.pteAllocOne());
    fresh.set(0, old.get(0));
    fresh.set(1, old.get(1));
    tables.pmdpCollapseFlush(pmds(), pmdIndex(BASE));
    tables.pmdPopulate(pmds(), pmdIndex(BASE), fresh);
    return fresh;
  }

  @Test
  void a_table_that_goes_meanwhile_is_not_looked_into() {
    int pfn = f.faulted(vma, BASE);
    PageTable old = f.memory.table(vma.vmMm, BASE);
    held(old, () -> tables.pmdpCollapseFlush(pmds(), pmdIndex(BASE)));
    assertThat(finds(pfn, 0)).isFalse();
    assertThat(f.contention.happened()).isTrue();
    assertThat(old.ptl.isLocked()).isFalse();
  }

  @Test
  void where_another_table_took_its_place_the_walk_goes_on_there_from_the_same_entry() {
    int pfn = f.faulted(vma, BASE);
    PageTable old = f.memory.table(vma.vmMm, BASE);
    for (int at = 0; at < 2; at++) {
      old.set(1 - at, 0);
      old.set(at, Pte.pfnPte(pfn + at, vma.vmPageProt));
      PageTable from = old;
      held(from, () -> replace(from));
      pvmw.begin(pfn, 2, vma.vmPgoff, vma, BASE, 0);
      assertThat(pvmw.pageVmaMappedWalk()).isTrue();
      assertThat(f.contention.happened()).isTrue();
      assertThat(pvmw.address()).isEqualTo(BASE + at * PAGE_SIZE);
      assertThat(pvmw.table()).isNotSameAs(from).isSameAs(tables.pteTable(BASE));
      assertThat(pvmw.table().ptl.isLocked()).isTrue();
      assertThat(from.ptl.isLocked()).isFalse();
      pvmw.pageVmaMappedWalkDone();
      old = unlockedTable();
    }
  }

  private PageTable unlockedTable() {
    PageTable table = Objects.requireNonNull(tables.pteTable(BASE));
    assertThat(table.ptl.isLocked()).isFalse();
    return table;
  }

  @Test
  void the_last_page_of_a_missing_table_is_not_looked_for_in_the_next_one() {
    VmArea two = f.waitingVma(2 * HPAGE_PMD_NR);
    int pfn = f.faulted(two, BASE + PMD_SIZE);
    pvmw.definePageVmaWalk(pfn, two, BASE + PMD_SIZE - PAGE_SIZE, 0);
    assertThat(pvmw.pageVmaMappedWalk()).isFalse();
  }
}
