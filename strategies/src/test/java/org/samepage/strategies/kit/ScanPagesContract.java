// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Which pages a scan strategy promises to find, also where tables change under its eyes. */
public abstract class ScanPagesContract extends StrategyContract<ScanStrategy> {
  /** More pages than any mapping of these tests has. */
  private static final int ENDLESS = 10_000;

  private static final int NONSENSE = 0x7fff_fff0;

  final KitWorld world() {
    return KitWorld.scanning(strategy(), false);
  }

  /**
   * The pages that the strategy returns for an mm, by number, and their frames; references are put.
   * What the hit held before is nonsense each time.
   */
  final Map<Long, Integer> found(KitWorld w, Mm mm) {
    ScanStrategy scan = w.get(strategy());
    ScanHit hit = new ScanHit();
    hit.page = NONSENSE;
    Map<Long, Integer> found = new LinkedHashMap<>();
    w.cursor().address = 0;
    mm.mmapLock.readLock();
    while (scan.nextPage(mm, w.cursor(), hit)) {
      long page = PageUnits.bytesToPages(w.cursor().address - KitWorld.BASE);
      assertThat(found.put(page, hit.page)).as("page %d was found before", page).isNull();
      assertThat(found.size()).as("pages found").isLessThan(ENDLESS);
      w.folios().putPage(hit.page);
      hit.page = NONSENSE;
      w.cursor().address += PageUnits.PAGE_SIZE;
    }
    mm.mmapLock.readUnlock();
    return found;
  }

  final Set<Long> candidates(KitWorld w, Mm mm) {
    return found(w, mm).keySet();
  }

  @Test
  public void it_finds_every_anonymous_page_of_mergeable_mappings_once_and_in_order() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea first = w.map(mm, 3, 5, true);
      w.populate(first, 3, 1);
      w.populate(first, 7, 2);
      w.populate(w.map(mm, 20, 4, false), 21, 3);
      w.mapUntouched(mm, 30, 4, true);
      VmArea far = w.map(mm, 500, 1000, true);
      w.populate(far, 511, 4); // the last of a table, and the first of the next
      w.populate(far, 512, 5);
      w.set(far, 513, Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, far.vmPageProt)));
      w.populate(far, 1499, 6);
      assertThat(candidates(w, mm)).containsExactly(3L, 7L, 511L, 512L, 1499L);
      assertThat(w.log().reports()).isEmpty();
    }
  }

  @Test
  public void a_huge_page_gives_512_distinct_pages_each_at_its_own_address() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 2048, true);
      int before = w.populate(vma, 511, 1);
      int folio = w.populateHuge(vma, 512);
      int behind = w.populate(vma, 1024, 2);
      Map<Long, Integer> expected = new LinkedHashMap<>();
      expected.put(511L, before);
      for (int i = 0; i < PageUnits.PTRS_PER_TABLE; i++) {
        expected.put(512L + i, folio + i);
      }
      expected.put(1024L, behind);
      assertThat(found(w, mm)).containsExactlyEntriesOf(expected);
      assertThat(w.folios().folioRefCount(folio)).as("the mapping's").isEqualTo(1);
      assertThat(w.folios().folioTestLarge(folio)).isTrue();
    }
  }

  @Test
  public void after_a_pause_in_a_huge_page_it_goes_on_with_the_page_of_that_address() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 2048, true);
      int folio = w.populateHuge(vma, 512);
      ScanHit hit = new ScanHit();
      w.cursor().address = KitWorld.address(1000);
      mm.mmapLock.readLock();
      for (int i = 1000; i < 1024; i++) {
        assertThat(w.get(strategy()).nextPage(mm, w.cursor(), hit)).isTrue();
        assertThat(w.cursor().address).isEqualTo(KitWorld.address(i));
        assertThat(hit.page).isEqualTo(folio + i - 512);
        w.folios().putPage(hit.page);
        w.cursor().address += PageUnits.PAGE_SIZE;
      }
      mm.mmapLock.readUnlock();
    }
  }

  @Test
  public void the_cursor_rests_above_0_where_a_mergeable_mapping_is_and_at_0_where_none_is() {
    try (KitWorld w = world()) {
      Mm hole = w.mm();
      w.mapUntouched(hole, 3, 5, true);
      assertThat(candidates(w, hole)).isEmpty();
      assertThat(w.cursor().address).isPositive();
      Mm none = w.mm();
      w.populate(w.map(none, 3, 5, false), 4, 1);
      assertThat(candidates(w, none)).isEmpty();
      assertThat(w.cursor().address).isZero();
    }
  }

  @Test
  public void markers_swap_and_migration_entries_are_passed_over_in_silence() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 16, true);
      w.populate(vma, 1, 1);
      w.set(vma, 2, PteMarker.makePteMarker(PteMarker.GUARD));
      w.set(vma, 3, SwapEntry.swpEntryRaw(0, 2));
      w.set(vma, 4, SwapEntry.swpEntryRaw(0, 1));
      int moving = w.populate(vma, 5, 3);
      w.set(vma, 5, w.get(SwapTypes.class).makeReadableMigrationEntry(moving));
      w.populate(vma, 6, 2);
      assertThat(candidates(w, mm)).containsExactly(1L, 6L);
      assertThat(w.log().reports()).isEmpty();
    }
  }

  @Test
  public void where_nothing_is_found_nothing_of_an_earlier_find_is_read() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      int page = w.populate(w.map(mm, 0, 8, true), 5, 1);
      VmArea empty = w.map(mm, 20, 8, true);
      w.set(empty, 21, Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, empty.vmPageProt)));
      ScanStrategy scan = w.get(strategy());
      ScanHit hit = new ScanHit();
      mm.mmapLock.readLock();
      assertThat(scan.nextPage(mm, w.cursor(), hit)).isTrue();
      hit.set(NONSENSE, empty);
      w.cursor().address += PageUnits.PAGE_SIZE;
      assertThat(scan.nextPage(mm, w.cursor(), hit)).isFalse();
      mm.mmapLock.readUnlock();
      assertThat(hit.page).as("is not written either").isEqualTo(NONSENSE);
      assertThat(w.cursor().address).as("the end of the last one").isEqualTo(empty.vmEnd);
      assertThat(w.work().folioGets).isEqualTo(1);
      assertThat(w.folios().folioRefCount(page)).as("its mapping's and ours").isEqualTo(2);
    }
  }

  @Test
  public void a_table_that_vanishes_before_its_lock_is_taken_gives_no_page() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 1024, true);
      int gone = w.populate(vma, 3, 1);
      int behind = w.populate(vma, 600, 2);
      w.watch.beforeNext(LockClass.PTE_LOCK, () -> w.takeTable(vma, 3));
      assertThat(found(w, mm)).containsExactlyEntriesOf(Map.of(600L, behind));
      assertThat(w.folios().folioRefCount(gone)).isEqualTo(1);
      assertThat(w.log().reports()).isEmpty();
    }
  }

  @Test
  public void a_table_that_turns_huge_before_its_lock_is_taken_gives_none_of_its_old_pages() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 1024, true);
      int gone = w.populate(vma, 3, 1);
      int behind = w.populate(vma, 600, 2);
      w.watch.beforeNext(
          LockClass.PTE_LOCK,
          () -> {
            w.takeTable(vma, 3);
            w.populateHuge(vma, 0);
          });
      assertThat(found(w, mm)).doesNotContainValue(gone).containsEntry(600L, behind);
      assertThat(w.folios().folioRefCount(gone)).isEqualTo(1);
      assertThat(w.log().reports()).isEmpty();
    }
  }

  @Test
  public void a_huge_page_that_is_split_before_its_lock_is_taken_is_found_page_by_page() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 1024, true);
      int folio = w.populateHuge(vma, 0);
      w.watch.beforeNext(LockClass.PMD_LOCK, () -> w.splitHuge(vma, 0, folio));
      Map<Long, Integer> expected = new LinkedHashMap<>();
      for (int i = 0; i < PageUnits.PTRS_PER_TABLE; i++) {
        expected.put((long) i, folio + i);
      }
      assertThat(found(w, mm)).containsExactlyEntriesOf(expected);
      assertThat(w.log().reports()).isEmpty();
    }
  }

  @Test
  public void a_huge_page_that_goes_before_its_lock_is_taken_gives_no_page() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 1024, true);
      int folio = w.populateHuge(vma, 0);
      int behind = w.populate(vma, 600, 2);
      w.watch.beforeNext(LockClass.PMD_LOCK, () -> w.takeTable(vma, 0));
      assertThat(found(w, mm)).containsExactlyEntriesOf(Map.of(600L, behind));
      assertThat(w.folios().folioRefCount(folio)).isEqualTo(1);
    }
  }

  @Test
  public void it_lets_others_run_between_tables_and_never_under_the_lock_of_one() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 4096, true);
      w.populateHuge(vma, 512);
      for (int table = 2; table < 8; table++) {
        w.populate(vma, 512L * table + table, table);
      }
      assertThat(candidates(w, mm)).hasSize(512 + 6);
      assertThat(w.sched.failure()).as("what is called under a lock").isNull();
      assertThat(w.work().reschedPoints).isGreaterThanOrEqualTo(6);
    }
  }
}
