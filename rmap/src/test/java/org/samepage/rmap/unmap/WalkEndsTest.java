// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.unmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.rmap.RmapFixture.BASE;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SYNC;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.sched.RwSem;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.RmapFixture;

/** At which mapping a walk ends, which locks it waits for, and that it holds none afterwards. */
final class WalkEndsTest {
  private static final long PAGE = PageUnits.PAGE_SIZE;

  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final VmArea vma = f.waitingVma(16);
  private final int pfn = f.faulted(vma, BASE);
  private final WorkCounters work = f.memory.sched.current().work;

  @BeforeEach
  void hold() {
    folios.folioGet(pfn);
    folios.folioLock(pfn);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private PageTable table() {
    return f.memory.table(vma.vmMm, BASE);
  }

  private RwSem anonLock() {
    return Objects.requireNonNull(vma.anonVma).root.rwsem;
  }

  private void pin() {
    for (int i = 0; i < 1024; i++) {
      folios.folioGet(pfn);
    }
  }

  @Test
  void a_locked_mapping_ends_the_unmapping_of_all() {
    VmArea child = f.fork(vma, BASE);
    vma.vmFlags |= VmFlags.VM_LOCKED;
    f.addToSwap(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(Pte.ptePresent(f.pte(child, BASE))).isTrue();
    assertThat(folios.folioMapcount(pfn)).isEqualTo(2);
    assertThat(work.rmapIterations).isEqualTo(1);
  }

  @Test
  void a_mistake_ends_it_too_and_all_mappings_stay_counted() {
    VmArea child = f.fork(vma, BASE);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(folios.folioMapcount(pfn)).isEqualTo(2);
    assertThat(folios.folioRefCount(pfn)).isEqualTo(3);
    assertThat(Pte.ptePresent(f.pte(child, BASE))).isTrue();
    assertThat(work.rmapIterations).isEqualTo(1);
    assertThat(table().ptl.isLocked()).isFalse();
  }

  @Test
  void a_page_that_may_be_pinned_ends_it_and_no_lock_is_left() {
    f.forkVma(vma); // without the page
    f.addToSwap(pfn);
    pin();
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(work.rmapIterations).isEqualTo(1);
    assertThat(table().ptl.isLocked()).isFalse();
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(work.rmapIterations).isEqualTo(2);
    assertThat(table().ptl.isLocked()).isFalse();
  }

  @Test
  void what_was_given_away_is_mapped_no_more_and_let_go_of() {
    f.memory.frames.clearFlag(pfn, PageFlags.PG_SWAPBACKED);
    VmArea child = f.fork(vma, BASE);
    for (VmArea of : new VmArea[] {vma, child}) {
      f.memory.setEntry(of.vmMm, BASE, Pte.pteMkclean(f.pte(of, BASE)));
    }
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(folios.folioMapped(pfn)).isFalse();
    assertThat(folios.folioRefCount(pfn)).as("ours").isEqualTo(1);
    assertThat(child.vmMm.rssStat.get(Mm.MM_ANONPAGES)).isZero();
  }

  @Test
  void each_entry_that_is_found_counts() {
    f.fork(vma, BASE);
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(work.ptesFound).isEqualTo(2);
    f.restore.removeMigrationPtes(pfn, pfn, 0);
    assertThat(work.ptesFound).isEqualTo(4);
    f.addToSwap(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(work.ptesFound).isEqualTo(6);
  }

  @Test
  void who_does_not_say_that_the_anon_vma_is_locked_waits_for_it() {
    Runnable[] each = {
      () -> f.migrate.tryToMigrate(pfn, 0),
      () -> f.restore.removeMigrationPtes(pfn, pfn, 0),
      () -> f.unmap.tryToUnmap(pfn, 0)
    };
    f.addToSwap(pfn);
    for (Runnable walk : each) {
      anonLock().writeLock();
      f.contention.once(anonLock()::writeUnlock);
      walk.run();
      assertThat(f.contention.happened()).isTrue();
      assertThat(anonLock().isLocked()).isFalse();
    }
    assertThat(folios.folioMapped(pfn)).isFalse();
  }

  @Test
  void who_syncs_waits_for_the_one_who_has_cleared_the_entry_and_not_yet_counted() {
    table().set(0, 0);
    table().ptl.lock();
    f.contention.once(table().ptl::unlock);
    f.unmap.tryToUnmap(pfn, 0);
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(f.contention.happened()).isFalse();
    f.unmap.tryToUnmap(pfn, TTU_SYNC);
    assertThat(f.contention.happened()).isTrue();
    table().ptl.lock();
    f.contention.once(table().ptl::unlock);
    f.migrate.tryToMigrate(pfn, TTU_SYNC);
    assertThat(f.contention.happened()).isTrue();
    assertThat(table().ptl.isLocked()).isFalse();
  }

  private int filePage(AddressSpace file, long pgoff, VmArea in) {
    int page = folios.vmaAllocFolioNoprof(0);
    f.memory.frames.setMapping(page, file);
    f.memory.frames.setIndex(page, pgoff);
    f.memory.frames.setFlag(page, PageFlags.PG_SWAPBACKED); // as in shared memory
    f.mapFile(in, page, pgoff);
    folios.folioLock(page);
    return page;
  }

  @Test
  void a_files_page_is_unmapped_everywhere_and_leaves_a_marker_where_it_was_write_protected() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 16 * PAGE);
    VmArea shared = f.fileVma(file, 0, 8);
    VmArea watched = f.fileVma(file, 0, 8);
    watched.vmFlags |= VmFlags.VM_UFFD_WP;
    int page = filePage(file, 2, shared);
    f.mapFile(watched, page, 2);
    long addr = BASE + 2 * PAGE;
    f.memory.setEntry(watched.vmMm, addr, Pte.pteMkuffdWp(f.pte(watched, addr)));
    f.unmap.tryToUnmap(page, 0);
    assertThat(f.pte(shared, addr)).isZero();
    assertThat(f.pte(watched, addr)).isEqualTo(PteMarker.makePteMarker(PteMarker.UFFD_WP));
    assertThat(folios.folioMapped(page)).isFalse();
    assertThat(folios.folioRefCount(page)).isEqualTo(1);
  }

  @Test
  void a_files_page_is_mapped_again_after_a_migration_and_nobody_minds_that_it_is_not_exclusive() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 16 * PAGE);
    VmArea shared = f.fileVma(file, 0, 8);
    int page = filePage(file, 2, shared);
    long addr = BASE + 2 * PAGE;
    long writable = Pte.pteMkwriteNovma(f.pte(shared, addr));
    f.memory.setEntry(shared.vmMm, addr, writable);
    f.migrate.tryToMigrate(page, 0);
    assertThat(f.types.isWritableMigrationEntry(f.pte(shared, addr))).isTrue();
    assertThat(folios.folioMapped(page)).isFalse();
    f.restore.removeMigrationPtes(page, page, 0);
    assertThat(Pte.pteWrite(f.pte(shared, addr))).isTrue();
    assertThat(Pte.ptePfn(f.pte(shared, addr))).isEqualTo(page);
    assertThat(folios.folioMapcount(page)).isEqualTo(1);
    assertThat(folios.folioRefCount(page)).isEqualTo(2);
    assertThat(f.memory.log.reports()).isEmpty();
  }

  @Test
  void an_anonymous_page_that_is_writable_and_not_exclusive_is_reported() {
    f.migrate.tryToMigrate(pfn, 0); // writable and exclusive
    f.restore.removeMigrationPtes(pfn, pfn, 0);
    long writable = f.pte(vma, BASE);
    f.memory.setEntry(vma.vmMm, BASE, Pte.pteWrprotect(writable));
    folios.clearPageAnonExclusive(pfn); // neither
    f.migrate.tryToMigrate(pfn, 0);
    f.restore.removeMigrationPtes(pfn, pfn, 0);
    assertThat(f.memory.log.reports()).isEmpty();
    f.memory.setEntry(vma.vmMm, BASE, writable);
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(f.memory.log.reports()).hasSize(1);
  }

  @Test
  void one_locked_mapping_is_all_that_there_is_to_say_of_recent_use() {
    f.fork(vma, BASE);
    VmArea child = f.fork(vma, BASE);
    f.memory.setEntry(child.vmMm, BASE, Pte.pteMkyoung(f.pte(child, BASE)));
    vma.vmFlags |= VmFlags.VM_LOCKED;
    var result = f.referenced.folioReferenced(pfn, true);
    assertThat(result).isEqualTo(new FolioReferenced.Result(0, VmFlags.VM_LOCKED));
    assertThat(work.rmapIterations).isEqualTo(1);
    assertThat(table().ptl.isLocked()).isFalse();
  }

  @Test
  void a_process_that_exits_ends_the_search() {
    f.forkVma(vma);
    vma.vmMm.mmUsers.set(0);
    assertThat(f.referenced.folioReferenced(pfn, true).count()).isEqualTo(-1);
    assertThat(work.rmapIterations).isEqualTo(1);
    assertThat(table().ptl.isLocked()).isFalse();
  }
}
