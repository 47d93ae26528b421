// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.unmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.rmap.RmapFixture.BASE;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.RmapFixture;
import org.samepage.rmap.unmap.FolioReferenced.Result;

final class UnmapTest {
  private static final long PAGE = PageUnits.PAGE_SIZE;

  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final VmArea vma = f.vma(16);
  private final int pfn = f.faulted(vma, BASE);

  @BeforeEach
  void hold() {
    folios.folioGet(pfn); // whoever unmaps a page holds it
    folios.folioLock(pfn);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private long anonPages(VmArea of) {
    return of.vmMm.rssStat.get(Mm.MM_ANONPAGES);
  }

  private void pin() {
    for (int i = 0; i < 1024; i++) {
      folios.folioGet(pfn);
    }
  }

  @Test
  void an_exclusive_page_becomes_an_exclusive_swap_word() {
    f.addToSwap(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(folios.folioMapped(pfn)).isFalse();
    assertThat(f.pte(vma, BASE)).isEqualTo(f.swap.pageSwapEntry(pfn) | 8);
    assertThat(folios.pageAnonExclusive(pfn)).isFalse();
    assertThat(folios.folioTestDirty(pfn)).as("the entry was").isTrue();
    assertThat(folios.folioRefCount(pfn)).as("ours and the cache's").isEqualTo(2);
    assertThat(anonPages(vma)).isZero();
    assertThat(vma.vmMm.rssStat.get(Mm.MM_SWAPENTS)).isEqualTo(1);
    assertThat(f.mmlist.contains(vma.vmMm)).isTrue();
    assertThat(f.memory.sched.current().work.ptesFound).isEqualTo(1);
  }

  @Test
  void a_shared_page_becomes_a_plain_word_in_every_process() {
    VmArea child = f.fork(vma, BASE);
    VmArea grandchild = f.fork(child, BASE);
    f.addToSwap(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    long entry = f.swap.pageSwapEntry(pfn);
    for (VmArea of : new VmArea[] {vma, child, grandchild}) {
      assertThat(f.pte(of, BASE)).isEqualTo(entry);
    }
    assertThat(f.swap.swapCountRaw(entry)).isEqualTo(3);
  }

  @Test
  void the_mark_of_userfaultfd_goes_into_the_word() {
    f.memory.setEntry(vma.vmMm, BASE, (f.pte(vma, BASE) & ~Pte.RW) | Pte.UFFD_WP);
    f.addToSwap(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(SwapEntry.pteSwpUffdWp(f.pte(vma, BASE))).isTrue();
  }

  @Test
  void a_page_that_may_be_pinned_stays_as_it_was() {
    long before = f.pte(vma, BASE);
    f.addToSwap(pfn);
    pin();
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(f.pte(vma, BASE)).isEqualTo(before);
    assertThat(f.swap.swapCountRaw(f.swap.pageSwapEntry(pfn))).isZero();
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(f.pte(vma, BASE)).isEqualTo(before);
    assertThat(folios.folioMapcount(pfn)).isEqualTo(1);
  }

  @Test
  void a_locked_mapping_stays_unless_that_is_to_be_ignored() {
    vma.vmFlags |= VmFlags.VM_LOCKED;
    f.addToSwap(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(folios.folioMapped(pfn)).isTrue();
    f.unmap.tryToUnmap(pfn, TtuFlags.TTU_IGNORE_MLOCK | TtuFlags.TTU_SYNC);
    assertThat(folios.folioMapped(pfn)).isFalse();
  }

  @Test
  void a_page_outside_the_swap_cache_is_a_mistake_that_is_reported() {
    long before = f.pte(vma, BASE);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(f.pte(vma, BASE)).isEqualTo(before);
    assertThat(f.memory.log.reports()).hasSize(1);
  }

  @Test
  void a_page_given_away_goes_without_a_trace_unless_it_was_used_again() {
    f.memory.frames.clearFlag(pfn, PageFlags.PG_SWAPBACKED);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(folios.folioTestSwapbacked(pfn)).as("its entry was dirty").isTrue();
    assertThat(folios.folioMapped(pfn)).isTrue();
    f.memory.frames.clearFlag(pfn, PageFlags.PG_SWAPBACKED | PageFlags.PG_DIRTY);
    f.memory.setEntry(vma.vmMm, BASE, Pte.pteMkclean(f.pte(vma, BASE)));
    folios.folioGet(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(folios.folioMapped(pfn)).as("somebody has a reference").isTrue();
    folios.folioPut(pfn);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(f.pte(vma, BASE)).isZero();
    assertThat(anonPages(vma)).isZero();
  }

  @Test
  void a_files_page_is_just_taken_away() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 16 * PAGE);
    VmArea shared = f.fileVma(file, 0, 8);
    int page = folios.vmaAllocFolioNoprof(0);
    f.memory.frames.setMapping(page, file);
    f.memory.frames.setIndex(page, 2);
    f.memory.frames.setFlag(page, PageFlags.PG_SWAPBACKED); // as in shared memory
    f.mapFile(shared, page, 2);
    folios.folioLock(page);
    f.unmap.tryToUnmap(page, 0);
    assertThat(f.pte(shared, BASE + 2 * PAGE)).isZero();
    assertThat(shared.vmMm.rssStat.get(Mm.MM_SHMEMPAGES)).isZero();
  }

  @Test
  void trap_05_migration_entries_keep_apart_what_was_writable_exclusive_and_shared() {
    f.migrate.tryToMigrate(pfn, 0);
    long writable = f.pte(vma, BASE);
    assertThat(f.types.isWritableMigrationEntry(writable)).isTrue();
    assertThat(f.types.isMigrationEntryYoung(writable)).isTrue();
    assertThat(f.types.isMigrationEntryDirty(writable)).isTrue();
    assertThat(anonPages(vma)).as("a page on its way is still the process's").isEqualTo(1);
    f.restore.removeMigrationPtes(pfn, pfn, 0);
    f.memory.setEntry(vma.vmMm, BASE, Pte.pteWrprotect(f.pte(vma, BASE)));
    f.migrate.tryToMigrate(pfn, TtuFlags.TTU_SYNC);
    assertThat(f.types.isReadableExclusiveMigrationEntry(f.pte(vma, BASE))).isTrue();
    f.restore.removeMigrationPtes(pfn, pfn, 0);
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
    VmArea child = f.fork(vma, BASE);
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(f.types.isReadableMigrationEntry(f.pte(vma, BASE))).isTrue();
    assertThat(f.types.isReadableMigrationEntry(f.pte(child, BASE))).isTrue();
    f.restore.removeMigrationPtes(pfn, pfn, 0);
    assertThat(folios.pageAnonExclusive(pfn)).isFalse();
    assertThat(folios.folioMapcount(pfn)).isEqualTo(2);
  }

  @Test
  void trap_01_what_was_in_an_entry_is_in_it_again() {
    long dirtyReadOnly = Pte.pteWrprotect(f.pte(vma, BASE));
    assertThat(dirtyReadOnly & Pte.SAVED_DIRTY).isNotZero();
    long[] words = {
      f.pte(vma, BASE),
      dirtyReadOnly,
      Pte.pteMkold(f.pte(vma, BASE)),
      Pte.pteMkclean(f.pte(vma, BASE)),
      Pte.pteMkold(Pte.pteMkclean(dirtyReadOnly)),
      dirtyReadOnly | Pte.UFFD_WP,
    };
    for (long word : words) {
      f.memory.setEntry(vma.vmMm, BASE, word);
      f.migrate.tryToMigrate(pfn, 0);
      assertThat(f.types.isMigrationEntry(f.pte(vma, BASE))).isTrue();
      assertThat(folios.folioMapped(pfn)).isFalse();
      f.restore.removeMigrationPtes(pfn, pfn, 0);
      assertThat(f.pte(vma, BASE)).isEqualTo(word);
    }
    assertThat(folios.folioRefCount(pfn)).isEqualTo(2);
  }

  @Test
  void entries_of_the_old_folio_become_mappings_of_the_new_one() {
    VmArea child = f.fork(vma, BASE);
    f.migrate.tryToMigrate(pfn, 0);
    int fresh = folios.vmaAllocFolioNoprof(0);
    folios.folioLock(fresh);
    f.memory.frames.setMapping(fresh, f.memory.frames.mapping(pfn));
    f.memory.frames.setIndex(fresh, f.memory.frames.index(pfn));
    f.restore.removeMigrationPtes(pfn, fresh, 0);
    assertThat(Pte.ptePfn(f.pte(vma, BASE))).isEqualTo(fresh);
    assertThat(Pte.ptePfn(f.pte(child, BASE))).isEqualTo(fresh);
    assertThat(folios.folioMapcount(fresh)).isEqualTo(2);
    assertThat(Pte.pteDirty(f.pte(vma, BASE)))
        .as("the entry was dirty, but the new folio is not")
        .isFalse();
  }

  @Test
  void flags_that_migration_does_not_take_are_reported_and_nothing_happens() {
    long before = f.pte(vma, BASE);
    f.migrate.tryToMigrate(pfn, TtuFlags.TTU_IGNORE_MLOCK);
    assertThat(f.pte(vma, BASE)).isEqualTo(before);
    assertThat(f.memory.log.reports()).hasSize(1);
  }

  @Test
  void stacks_that_exec_moves_are_passed_over() {
    vma.vmFlags |= 0x18100L;
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(folios.folioMapped(pfn)).isTrue();
    assertThat(TryToMigrate.invalidMigrationVma(vma)).isTrue();
  }

  @Test
  void asking_whether_a_page_was_used_makes_it_forget() {
    VmArea child = f.fork(vma, BASE); // the child's entry is old
    var first = f.referenced.folioReferenced(pfn, true);
    assertThat(first.count()).isEqualTo(1);
    assertThat(first.vmFlags()).isEqualTo(vma.vmFlags);
    assertThat(Pte.pteYoung(f.pte(vma, BASE))).isFalse();
    assertThat(f.referenced.folioReferenced(pfn, true).count()).isZero();
    f.memory.setEntry(child.vmMm, BASE, Pte.pteMkyoung(f.pte(child, BASE)));
    assertThat(f.referenced.folioReferenced(pfn, false).count())
        .as("locked by somebody")
        .isEqualTo(1);
    assertThat(Pte.pteYoung(f.pte(child, BASE))).as("and not looked at").isTrue();
  }

  @Test
  void a_locked_an_exiting_and_a_contended_mapping_answer_for_themselves() {
    vma.vmFlags |= VmFlags.VM_LOCKED;
    var locked = f.referenced.folioReferenced(pfn, true);
    assertThat(locked.count()).isZero();
    assertThat(locked.vmFlags()).isEqualTo(VmFlags.VM_LOCKED);
    vma.vmFlags &= ~VmFlags.VM_LOCKED;
    vma.vmMm.mmUsers.set(0);
    assertThat(f.referenced.folioReferenced(pfn, true).count()).isEqualTo(-1);
    vma.vmMm.mmUsers.set(1);
    Objects.requireNonNull(vma.anonVma).root.rwsem.writeLock();
    assertThat(f.referenced.folioReferenced(pfn, true).count()).isEqualTo(-1);
  }

  @Test
  void a_mapping_of_advice_without_recency_says_nothing() {
    vma.vmFlags |= 0x8000L;
    assertThat(f.referenced.folioReferenced(pfn, true).count()).isZero();
    assertThat(Pte.pteYoung(f.pte(vma, BASE))).isTrue();
  }

  @Test
  void whoever_asks_without_the_lock_takes_it_for_a_while_or_is_told_that_it_was_used() {
    assertThat(f.referenced.folioReferenced(pfn, false)).isEqualTo(new Result(1, 0));
    assertThat(Pte.pteYoung(f.pte(vma, BASE))).isTrue();
    folios.folioUnlock(pfn);
    assertThat(f.referenced.folioReferenced(pfn, false).count()).isEqualTo(1);
    assertThat(folios.folioTestLocked(pfn)).isFalse();
    assertThat(Pte.pteYoung(f.pte(vma, BASE))).isFalse();
  }

  @Test
  void what_nobody_maps_was_not_used() {
    f.rmap.folioRemoveRmapPtes(pfn, vma);
    assertThat(f.referenced.folioReferenced(pfn, true)).isEqualTo(new Result(0, 0));
    assertThat(f.memory.sched.current().work.rmapWalks).isZero();
  }

  @Test
  void each_mapping_that_used_it_counts_and_the_search_ends_with_the_last_one() {
    VmArea child = f.fork(vma, BASE);
    f.memory.setEntry(child.vmMm, BASE, Pte.pteMkyoung(f.pte(child, BASE)));
    VmArea without = f.fork(child, BASE);
    f.rmap.folioRemoveRmapPtes(pfn, without);
    folios.folioPut(pfn);
    f.memory.setEntry(without.vmMm, BASE, 0);
    var work = f.memory.sched.current().work;
    long before = work.rmapIterations;
    assertThat(f.referenced.folioReferenced(pfn, true).count()).isEqualTo(2);
    assertThat(work.ptesFound).isEqualTo(2);
    assertThat(work.rmapIterations - before).as("the third VMA is not looked at").isEqualTo(2);
  }

  @Test
  void a_process_that_exits_counts_for_what_it_shares_with_another() {
    f.fork(vma, BASE);
    vma.vmMm.mmUsers.set(0);
    assertThat(f.referenced.folioReferenced(pfn, true).count()).isEqualTo(1);
  }

  @Test
  void with_the_lock_of_the_anon_vma_held_nobody_takes_it_again() {
    Objects.requireNonNull(vma.anonVma).root.rwsem.writeLock();
    f.migrate.tryToMigrate(pfn, TtuFlags.TTU_RMAP_LOCKED);
    assertThat(f.types.isMigrationEntry(f.pte(vma, BASE))).isTrue();
    f.restore.removeMigrationPtes(pfn, pfn, TtuFlags.TTU_RMAP_LOCKED);
    assertThat(folios.folioMapped(pfn)).isTrue();
    f.addToSwap(pfn);
    f.unmap.tryToUnmap(pfn, TtuFlags.TTU_RMAP_LOCKED);
    assertThat(folios.folioMapped(pfn)).isFalse();
  }

  @Test
  void the_walk_ends_with_the_last_mapping() {
    VmArea child = f.fork(vma, BASE);
    f.rmap.folioRemoveRmapPtes(pfn, child);
    folios.folioPut(pfn);
    f.memory.setEntry(child.vmMm, BASE, 0);
    f.addToSwap(pfn);
    var work = f.memory.sched.current().work;
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(work.rmapIterations).as("the child's VMA is not looked at").isEqualTo(1);
    f.restore.removeMigrationPtes(pfn, pfn, 0);
    assertThat(work.rmapIterations).as("all may have entries").isEqualTo(3);
    f.unmap.tryToUnmap(pfn, 0);
    assertThat(work.rmapIterations).isEqualTo(4);
  }

  @Test
  void a_merged_pages_stack_is_migrated_too() {
    vma.vmFlags |= 0x18100L;
    f.memory.frames.setMapping(pfn, FolioMapping.KSM_WITHOUT_NODE);
    f.migrate.tryToMigrate(pfn, 0);
    assertThat(f.ksmWalks).containsExactly(pfn);
  }
}
