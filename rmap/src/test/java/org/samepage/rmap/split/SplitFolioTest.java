// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.rmap.RmapFixture.pmd;
import static org.samepage.rmap.RmapFixture.pmdTable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.RmapFixture;
import org.samepage.rmap.trace.RmapTrace;
import org.samepage.rmap.trace.RmapWalkWork;

/** Splits of folios, where they can be and where not, and the queue of those that wait for one. */
final class SplitFolioTest {
  private static final long BASE = RmapFixture.BASE;

  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final VmArea vma = f.vma(2 * HPAGE_PMD_NR);
  private final int folio = huge(BASE);

  @AfterEach
  void close() {
    f.close();
  }

  /** A huge page with something in each page. */
  private int huge(long addr) {
    int fresh = f.hugeFaulted(vma, addr);
    for (int page = fresh; page < fresh + HPAGE_PMD_NR; page++) {
      folios.setByte(page, 100, (byte) 1);
    }
    return fresh;
  }

  private void hold(int held) {
    folios.folioGet(held);
    folios.folioLock(held);
  }

  private AnonVma anonVma() {
    return Objects.requireNonNull(vma.anonVma);
  }

  private long anonPages() {
    return vma.vmMm.rssStat.get(Mm.MM_ANONPAGES);
  }

  private static long at(int page) {
    return BASE + page * PAGE_SIZE;
  }

  @Test
  void each_page_becomes_a_folio_that_is_mapped_where_it_was() {
    long index = folios.frames().index(folio);
    hold(folio);
    assertThat(f.splitFolio.splitFolio(folio)).isZero();
    for (int i = 0; i < HPAGE_PMD_NR; i++) {
      int page = folio + i;
      assertThat(folios.folioTestLarge(page)).isFalse();
      assertThat(folios.pageFolio(page)).isEqualTo(page);
      assertThat(folios.frames().index(page)).isEqualTo(index + i);
      assertThat(f.rmap.folioAnonVma(page)).isSameAs(vma.anonVma);
      assertThat(folios.folioMapcount(page)).isEqualTo(1);
      assertThat(folios.pageAnonExclusive(page)).isTrue();
      assertThat(folios.folioTestDirty(page)).as("its huge entry was").isTrue();
      assertThat(Pte.ptePfn(f.pte(vma, at(i)))).isEqualTo(page);
      assertThat(Pte.pteWrite(f.pte(vma, at(i)))).isTrue();
      assertThat(folios.folioRefCount(page)).as("page %s", i).isEqualTo(i == 0 ? 2 : 1);
      assertThat(folios.folioTestLocked(page)).as("the caller's lock alone").isEqualTo(i == 0);
    }
    assertThat(anonPages()).isEqualTo(HPAGE_PMD_NR);
    assertThat(anonVma().root.rwsem.isLocked()).isFalse();
    assertThat(anonVma().refcount.get()).isEqualTo(1);
  }

  @Test
  void the_callers_lock_and_reference_stay_with_the_page_that_it_asked_for() {
    hold(folio);
    assertThat(f.splitFolio.splitHugePage(folio + 77)).isZero();
    assertThat(folios.folioTestLocked(folio + 77)).isTrue();
    assertThat(folios.folioRefCount(folio + 77)).isEqualTo(2);
    assertThat(folios.folioTestLocked(folio)).isFalse();
    assertThat(folios.folioRefCount(folio)).isEqualTo(1);
  }

  @Test
  void pages_full_of_zeros_go_and_the_zero_page_takes_their_place() {
    folios.setByte(folio + 5, 100, (byte) 0);
    folios.setByte(folio + 511, 100, (byte) 0);
    long zero = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, vma.vmPageProt));
    hold(folio);
    assertThat(f.splitFolio.splitFolio(folio)).isZero();
    assertThat(f.pte(vma, at(5))).isEqualTo(zero);
    assertThat(f.pte(vma, at(511))).isEqualTo(zero);
    assertThat(Pte.ptePfn(f.pte(vma, at(6)))).isEqualTo(folio + 6);
    assertThat(folios.folioRefCount(folio + 5)).as("it was freed").isZero();
    assertThat(anonPages()).isEqualTo(HPAGE_PMD_NR - 2);
  }

  @Test
  void the_zero_page_keeps_the_mark_of_userfaultfd_and_stays_out_of_locked_memory() {
    folios.setByte(folio + 5, 100, (byte) 0);
    f.splitHugePmd.splitHugePmdRaw(vma, pmdTable(vma, BASE), pmdIndex(BASE), BASE);
    long pte = f.pte(vma, at(5));
    f.memory.setEntry(vma.vmMm, at(5), Pte.pteMkuffdWp(Pte.pteWrprotect(pte)));
    hold(folio);
    assertThat(f.splitFolio.splitFolio(folio)).isZero();
    assertThat(Pte.pteUffdWp(f.pte(vma, at(5)))).isTrue();
    assertThat(Pte.ptePfn(f.pte(vma, at(5)))).isEqualTo(Folios.ZERO_PFN);
    vma.vmFlags |= VmFlags.VM_LOCKED;
    int locked = huge(BASE + PMD_SIZE);
    folios.setByte(locked + 5, 100, (byte) 0);
    hold(locked);
    assertThat(f.splitFolio.splitFolio(locked)).isZero();
    assertThat(Pte.ptePfn(f.pte(vma, BASE + PMD_SIZE + 5 * PAGE_SIZE))).isEqualTo(locked + 5);
  }

  @Test
  void of_a_folio_that_is_isolated_all_pages_are_then_and_the_list_has_the_others() {
    Deque<Integer> list = new ArrayDeque<>();
    hold(folio);
    assertThat(folios.folioTestClearLru(folio)).isTrue();
    folios.folioGet(folio);
    assertThat(f.splitFolio.splitFolioToList(folio, list)).isEqualTo(-Errno.EAGAIN);
    assertThat(list).isEmpty();
    folios.folioPut(folio);
    assertThat(f.splitFolio.splitFolioToList(folio, list)).isZero();
    assertThat(list)
        .containsExactlyElementsOf(
            IntStream.range(folio + 1, folio + HPAGE_PMD_NR).boxed().toList());
    for (int page : list) {
      assertThat(folios.folioTestClearLru(page)).as("nobody else may").isFalse();
      assertThat(folios.folioRefCount(page)).as("its mapping, and the list").isEqualTo(2);
    }
  }

  /** As scenarios/thp-locked has it from a kernel. */
  @Test
  void from_the_first_mapping_that_locks_them_on_all_keep_pages_of_zeros() {
    folios.setByte(folio + 5, 100, (byte) 0);
    VmArea child = f.hugeFork(vma, BASE);
    VmArea grandchild = f.hugeFork(child, BASE);
    child.vmFlags |= VmFlags.VM_LOCKED;
    hold(folio);
    assertThat(f.splitFolio.splitFolio(folio)).isZero();
    assertThat(Pte.ptePfn(f.pte(vma, at(5)))).isEqualTo(Folios.ZERO_PFN);
    assertThat(Pte.ptePfn(f.pte(child, at(5)))).isEqualTo(folio + 5);
    assertThat(Pte.ptePfn(f.pte(grandchild, at(5)))).isEqualTo(folio + 5);
  }

  @Test
  void a_reference_that_no_mapping_explains_leaves_the_huge_entry_alone() {
    long before = pmd(vma, BASE);
    hold(folio);
    folios.folioGet(folio);
    assertThat(f.splitFolio.splitFolio(folio)).isEqualTo(-Errno.EAGAIN);
    assertThat(pmd(vma, BASE)).isEqualTo(before);
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(folios.folioRefCount(folio)).isEqualTo(3);
    assertThat(anonVma().root.rwsem.isLocked()).isFalse();
    assertThat(anonVma().refcount.get()).isEqualTo(1);
  }

  /** Takes a reference once the folio is unmapped: at the end of the first walk. */
  private final class Latecomer implements RmapTrace {
    private boolean came;

    @Override
    public boolean isEnabled() {
      return true;
    }

    @Override
    public void rmapWalk(int walked, Object rwc, long nanos, String type, boolean locked) {
      if (!came) {
        came = true;
        assertThat(folios.folioMapped(folio)).isFalse();
        folios.folioGet(folio);
      }
    }

    @Override
    public void rmapWalkWork(RmapWalkWork work) {}
  }

  @Test
  void a_reference_that_comes_late_has_it_mapped_again_whole_and_page_by_page() {
    folios.setByte(folio + 5, 100, (byte) 0);
    f.trace.tracepointProbeRegister(new Latecomer());
    hold(folio);
    assertThat(f.splitFolio.splitFolio(folio)).isEqualTo(-Errno.EAGAIN);
    assertThat(PgTables.isHuge(pmd(vma, BASE))).isFalse();
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(folios.folioMapcount(folio)).isEqualTo(HPAGE_PMD_NR);
    assertThat(folios.folioRefCount(folio)).isEqualTo(HPAGE_PMD_NR + 2);
    assertThat(Pte.ptePfn(f.pte(vma, at(5)))).as("zeros too").isEqualTo(folio + 5);
    assertThat(anonPages()).isEqualTo(HPAGE_PMD_NR);
    assertThat(folios.folioTestLocked(folio)).isTrue();
  }

  @Test
  void what_is_small_not_mapped_or_not_locked_is_refused() {
    int small = f.faulted(vma, BASE + PMD_SIZE);
    hold(small);
    assertThat(f.splitFolio.splitFolio(small)).isEqualTo(-Errno.EINVAL);
    assertThatThrownBy(() -> f.splitFolio.splitFolio(folio))
        .hasMessageContaining("split_huge_page: folio is not locked");
    hold(folio);
    f.rmap.folioRemoveRmapPmd(folio, vma);
    assertThat(f.splitFolio.splitFolio(folio)).isEqualTo(-Errno.EBUSY);
  }

  /** Splits the huge entry and unmaps some of its pages. */
  private void unmapSome(int of, long addr, int count) {
    f.splitHugePmd.splitHugePmdRaw(vma, pmdTable(vma, addr), pmdIndex(addr), addr);
    PageTable table = f.memory.table(vma.vmMm, addr);
    for (int i = 0; i < count; i++) {
      table.set(i, 0);
      f.rmap.folioRemoveRmapPtes(of + i, vma);
      folios.folioPut(of);
    }
  }

  @Test
  void a_folio_of_which_a_part_is_unmapped_waits_and_the_scan_frees_that_part() {
    unmapSome(folio, BASE, 3);
    assertThat(folios.deferredSplit().folioTestPartiallyMapped(folio)).isTrue();
    assertThat(folios.deferredSplit().length()).isEqualTo(1);
    assertThat(f.deferredSplitScan.deferredSplitScan()).isEqualTo(1);
    assertThat(folios.deferredSplit().length()).isZero();
    assertThat(folios.folioRefCount(folio)).isZero();
    assertThat(folios.folioRefCount(folio + 2)).isZero();
    assertThat(folios.folioRefCount(folio + 3)).isEqualTo(1);
    assertThat(folios.folioTestLarge(folio + 3)).isFalse();
    assertThat(folios.folioTestLocked(folio + 3)).isFalse();
  }

  @Test
  void what_the_scan_cannot_split_waits_on_and_what_is_behind_it_is_split() {
    int second = huge(BASE + PMD_SIZE);
    unmapSome(folio, BASE, 1);
    unmapSome(second, BASE + PMD_SIZE, 1);
    folios.folioGet(folio); // somebody reads it
    assertThat(f.deferredSplitScan.deferredSplitScan()).isEqualTo(1);
    assertThat(folios.folioTestLarge(second + 1)).isFalse();
    assertThat(folios.deferredSplit().folioTestPartiallyMapped(folio)).isTrue();
    assertThat(folios.folioRefCount(folio)).isEqualTo(HPAGE_PMD_NR - 1 + 1);
    folios.folioPut(folio);
    folios.folioLock(folio);
    assertThat(f.deferredSplitScan.deferredSplitScan()).as("somebody has it locked").isZero();
    folios.folioUnlock(folio);
    assertThat(folios.deferredSplit().length()).isEqualTo(1);
    assertThat(f.deferredSplitScan.deferredSplitScan()).isEqualTo(1);
    assertThat(f.deferredSplitScan.deferredSplitScan()).as("nothing waits").isZero();
  }

  @Test
  void the_scan_tries_each_folio_once_even_if_it_could_split_it_the_second_time() {
    unmapSome(folio, BASE, 1);
    f.trace.tracepointProbeRegister(
        new RmapTrace() {
          private int walks;

          @Override
          public void rmapWalk(int walked, Object rwc, long nanos, String type, boolean locked) {
            walks++; // somebody holds it while it is unmapped for the first time, and no longer
            folios.folioRefAdd(folio, walks == 1 ? 1 : walks == 2 ? -1 : 0);
          }
        });
    assertThat(f.deferredSplitScan.deferredSplitScan()).isZero();
    assertThat(folios.deferredSplit().length()).isEqualTo(1);
    assertThat(folios.folioMapcount(folio)).isEqualTo(HPAGE_PMD_NR - 1);
  }
}
