// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.swap.SwapDevice;

/**
 * What becomes of a page that cannot be reclaimed: by where {@code shrink_folio_list} leaves it.
 */
final class ReclaimTest {
  private static final int ACTIVE = PageFlags.PG_ACTIVE;

  private static UserProcess filled(TestMachine m, int pages) throws SyscallException {
    UserProcess p = m.process(pages);
    for (int i = 0; i < pages; i++) {
      write(p, i, i);
    }
    return p;
  }

  private static Folios folios(TestMachine m) {
    return m.machine.memory().folios();
  }

  private static SwapDevice swap(TestMachine m) {
    return m.machine.memory().swap().device();
  }

  @Test
  void a_page_locked_in_memory_is_refused_before_it_has_a_slot() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=2")) {
      UserProcess p = filled(m, 2);
      p.mlock(page(0), PAGE_SIZE);
      p.swapOut(page(1), PAGE_SIZE); // the only slot
      assertThatThrownBy(() -> p.swapOut(page(0), PAGE_SIZE)).hasMessageContaining("EBUSY");
      assertThat(folios(m).folioTestSwapcache(pfn(p, 0))).isFalse();
      assertThat(folios(m).frames().testFlag(pfn(p, 0), ACTIVE)).isFalse();
      assertThat(folios(m).folioTestMlocked(pfn(p, 0))).isTrue();
    }
  }

  @Test
  void a_shared_page_that_one_has_locked_stays_and_the_others_have_it_too() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=8")) {
      UserProcess p = filled(m, 1);
      p.mlock(page(0), PAGE_SIZE);
      UserProcess child = p.fork();
      assertThatThrownBy(() -> child.swapOut(page(0), PAGE_SIZE)).hasMessageContaining("EBUSY");
      assertThat(Pte.ptePresent(pte(child, 0))).isTrue();
      assertThat(swap(m).slotsInUse()).isZero();
      p.munlock(page(0), PAGE_SIZE);
      child.swapOut(page(0), PAGE_SIZE);
      assertThat(swap(m).slotsInUse()).isEqualTo(1);
    }
  }

  /** As MADV_PAGEOUT of one page has it on Linux 6.18: 511 stay. */
  @Test
  void of_a_huge_page_that_page_goes_that_is_asked_for_and_slots_are_not_wanted_for_others()
      throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=8")) {
      UserProcess p = huge(m);
      UserProcess child = p.fork();
      p.swapOut(page(300), PAGE_SIZE);
      assertThat(swap(m).slotsInUse()).isEqualTo(1);
      for (UserProcess of : List.of(p, child)) {
        assertThat(Pte.ptePresent(pte(of, 300))).isFalse();
        assertThat(Pte.ptePresent(pte(of, 299))).isTrue();
        assertThat(Pte.ptePresent(pte(of, 511))).isTrue();
      }
      assertThatThrownBy(() -> p.swapOut(page(0), PMD_SIZE)).hasMessageContaining("ENOSPC");
      assertThat(Pte.ptePresent(pte(p, 5))).as("six more: the first slot is none").isFalse();
      assertThat(Pte.ptePresent(pte(p, 6))).isTrue();
      MachineChecker.check(m.machine);
    }
  }

  @Test
  void a_mark_that_was_missed_is_found_by_the_mapping_and_the_slot_given_back() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=64")) {
      UserProcess p = filled(m, 1);
      p.mlock(page(0), PAGE_SIZE);
      int folio = pfn(p, 0);
      folios(m).frames().clearFlag(folio, PageFlags.PG_MLOCKED | PageFlags.PG_UNEVICTABLE);
      assertThatThrownBy(() -> p.swapOut(page(0), PAGE_SIZE)).hasMessageContaining("EBUSY");
      assertThat(Pte.ptePresent(pte(p, 0))).isTrue();
      assertThat(folios(m).folioTestMlocked(folio)).isTrue();
      assertThat(folios(m).frames().testFlag(folio, PageFlags.PG_UNEVICTABLE)).isTrue();
      assertThat(folios(m).frames().testFlag(folio, ACTIVE)).isFalse();
      assertThat(folios(m).folioTestSwapcache(folio)).isFalse();
      assertThat(swap(m).slotsInUse()).isZero();
      MachineChecker.check(m.machine);
    }
  }

  @Test
  void a_page_that_somebody_holds_is_unmapped_and_waits_in_the_swap_cache() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=64")) {
      UserProcess p = filled(m, 1);
      int folio = pfn(p, 0);
      folios(m).folioGet(folio);
      p.madvise(BASE, PAGE_SIZE, Advice.PAGEOUT);
      assertThat(Pte.ptePresent(pte(p, 0))).as("a swap word, as vmsplice has it").isFalse();
      assertThat(folios(m).folioTestSwapcache(folio)).isTrue();
      assertThat(folios(m).folioTestDirty(folio)).as("not written").isTrue();
      assertThat(folios(m).frames().testFlag(folio, ACTIVE)).as("it is as it was").isFalse();
      folios(m).folioPut(folio);
      check(p, 0, 0);
      assertThat(pfn(p, 0)).isEqualTo(folio);
    }
  }

  @Test
  void a_page_that_may_be_pinned_keeps_its_mapping_and_gets_no_slot() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=64")) {
      UserProcess p = filled(m, 1);
      int folio = pfn(p, 0);
      folios(m).folioRefAdd(folio, 1024);
      p.madvise(BASE, PAGE_SIZE, Advice.PAGEOUT);
      assertThat(Pte.ptePresent(pte(p, 0))).isTrue();
      assertThat(folios(m).folioTestSwapcache(folio)).isFalse();
      assertThat(folios(m).frames().testFlag(folio, ACTIVE)).isFalse();
      folios(m).folioRefAdd(folio, -1024);
    }
  }

  @Test
  void without_a_slot_a_page_becomes_active_and_a_huge_one_is_split_first() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess p = filled(m, 1);
      p.madvise(BASE, PAGE_SIZE, Advice.PAGEOUT);
      assertThat(folios(m).frames().testFlag(pfn(p, 0), ACTIVE)).isTrue();
      UserProcess q = huge(m);
      int folio = hugeFolio(q);
      q.madvise(BASE, PMD_SIZE, Advice.PAGEOUT);
      for (int page : new int[] {folio, folio + 5, folio + 511}) {
        assertThat(folios(m).folioTestLarge(page)).isFalse();
        assertThat(folios(m).frames().testFlag(page, ACTIVE)).isTrue();
      }
      MachineChecker.check(m.machine);
    }
  }

  @Test
  void a_huge_page_that_somebody_holds_stays_whole_and_becomes_active() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=1024")) {
      UserProcess p = huge(m);
      int folio = hugeFolio(p);
      folios(m).folioGet(folio);
      p.madvise(BASE, PMD_SIZE, Advice.PAGEOUT);
      assertThat(folios(m).folioTestLarge(folio)).isTrue();
      assertThat(folios(m).frames().testFlag(folio, ACTIVE)).isTrue();
      assertThat(swap(m).slotsInUse()).isZero();
      folios(m).folioPut(folio);
      p.madvise(BASE, PMD_SIZE, Advice.PAGEOUT);
      assertThat(swap(m).slotsInUse()).isEqualTo(512);
    }
  }

  @Test
  void an_active_page_that_is_to_go_is_active_no_more() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=64")) {
      UserProcess p = filled(m, 1);
      int folio = pfn(p, 0);
      folios(m).frames().setFlag(folio, ACTIVE | PageFlags.PG_REFERENCED);
      folios(m).folioRefAdd(folio, 1024); // so that it stays as it is
      p.madvise(BASE, PAGE_SIZE, Advice.PAGEOUT);
      assertThat(folios(m).frames().testFlag(folio, ACTIVE | PageFlags.PG_REFERENCED)).isFalse();
      folios(m).folioRefAdd(folio, -1024);
    }
  }

  private static int hugeFolio(UserProcess p) {
    PageTable table = Objects.requireNonNull(p.mm().pgTables.pmdTable(BASE));
    return (int) Pmd.pmdPfn(table.getLockless(pmdIndex(BASE)));
  }

  private static UserProcess huge(TestMachine m) throws SyscallException {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, PMD_SIZE, RW, true);
    p.madvise(BASE, PMD_SIZE, Advice.HUGEPAGE);
    for (int i = 0; i < 512; i++) {
      write(p, i, i);
    }
    return p;
  }
}
