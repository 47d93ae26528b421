// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.vma.Mm;

/**
 * MADV_FREE, MADV_COLD and MADV_PAGEOUT, of small and huge pages. What stays and what goes was seen
 * on Linux 6.18.44 with a swap device.
 */
final class PageAdviceTest {
  private static final long HUGE = ThpBed.HUGE;

  private final TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=4096");
  private final Folios folios = m.machine.memory().folios();

  @AfterEach
  void close() {
    m.close();
  }

  private UserProcess small(int pages) throws SyscallException {
    UserProcess p = m.process(pages);
    for (int i = 0; i < pages; i++) {
      write(p, i, i);
    }
    return p;
  }

  private UserProcess huge() throws SyscallException {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, HUGE, RW, true);
    p.madvise(BASE, HUGE, Advice.HUGEPAGE);
    for (int i = 0; i < 512; i++) {
      write(p, i, i);
    }
    return p;
  }

  private static void advise(UserProcess p, long from, long pages, Advice advice)
      throws SyscallException {
    p.madvise(page(from), pages * 4096, advice);
  }

  private boolean swapbacked(int folio) {
    return folios.folioTestSwapbacked(folio);
  }

  private static long rss(UserProcess p) {
    return p.mm().rssStat.get(Mm.MM_ANONPAGES);
  }

  private static long swapped(UserProcess p) {
    return p.mm().rssStat.get(Mm.MM_SWAPENTS);
  }

  private static boolean zero(UserProcess p, long index) throws SyscallException {
    byte[] seen = new byte[4096];
    p.readPage(page(index), seen);
    for (byte b : seen) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  @Test
  void a_page_given_away_is_clean_and_goes_without_a_trace_unless_written() throws Exception {
    UserProcess p = small(4);
    advise(p, 0, 3, Advice.FREE);
    assertThat(TestMachine.flags(p, 0)).as("clean and old, writable").isEqualTo(1L << 63 | 0x7);
    assertThat(swapbacked(pfn(p, 0))).isFalse();
    assertThat(swapbacked(pfn(p, 3))).isTrue();
    p.writeByte(page(1), (byte) 2);
    p.touch(page(2));
    advise(p, 0, 4, Advice.PAGEOUT);
    assertThat(TestMachine.pte(p, 0)).as("gone").isZero();
    assertThat(TestMachine.pte(p, 2)).as("read, and gone all the same").isZero();
    assertThat(pfn(p, 1)).as("written, so it is swap-backed again").isPositive();
    assertThat(swapbacked(pfn(p, 1))).isTrue();
    assertThat(swapped(p)).as("page 3").isEqualTo(1);
    assertThat(rss(p)).isEqualTo(1);
    assertThat(zero(p, 0)).isTrue();
    TestMachine.check(p, 3, 3);
  }

  @Test
  void until_then_it_keeps_what_it_held() throws Exception {
    UserProcess p = small(2);
    advise(p, 0, 2, Advice.FREE);
    TestMachine.check(p, 0, 0);
    TestMachine.check(p, 1, 1);
  }

  @Test
  void the_dirt_of_a_page_that_was_shared_goes_only_when_nobody_else_has_it() throws Exception {
    UserProcess p = small(2);
    UserProcess q = p.fork();
    m.machine.memory().folios().folioMarkDirty(pfn(p, 1));
    advise(p, 0, 2, Advice.FREE);
    assertThat(swapbacked(pfn(p, 1))).as("dirty, and mapped twice").isTrue();
    assertThat(swapbacked(pfn(p, 0))).as("clean itself: the child's entry has the dirt").isFalse();
    advise(p, 0, 1, Advice.PAGEOUT);
    assertThat(TestMachine.pte(p, 0)).as("PAGEOUT leaves what others map").isNotZero();
    q.exit();
    advise(p, 0, 2, Advice.FREE);
    assertThat(swapbacked(pfn(p, 1))).isFalse();
  }

  @Test
  void words_of_the_swap_device_are_given_up() throws Exception {
    UserProcess p = small(4);
    p.swapOut(BASE, 4 * 4096);
    advise(p, 1, 2, Advice.FREE);
    assertThat(swapped(p)).isEqualTo(2);
    assertThat(zero(p, 1)).isTrue();
    TestMachine.check(p, 3, 3);
  }

  @Test
  void a_merged_page_that_several_map_is_not_given_away() throws Exception {
    UserProcess p = m.mergeable(4);
    write(p, 0, 7);
    write(p, 1, 7);
    m.passes(3);
    advise(p, 0, 2, Advice.FREE);
    assertThat(swapbacked(pfn(p, 0))).isTrue();
    advise(p, 0, 2, Advice.PAGEOUT);
    TestMachine.check(p, 0, 7);
    assertThat(swapped(p)).isZero();
  }

  @Test
  void a_huge_page_is_given_away_whole() throws Exception {
    UserProcess p = huge();
    int folio = ThpBed.folio(p, 0);
    advise(p, 0, 512, Advice.FREE);
    assertThat(ThpBed.folio(p, 0)).isEqualTo(folio);
    assertThat(swapbacked(folio)).isFalse();
    assertThat(ThpBed.pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(1L << 63 | 0x87);
    advise(p, 0, 512, Advice.PAGEOUT);
    assertThat(ThpBed.pmd(p, 0)).isZero();
    assertThat(rss(p)).isZero();
    assertThat(swapped(p)).isZero();
    assertThat(folios.folioRefCount(folio)).isZero();
  }

  @Test
  void a_huge_page_that_was_written_since_stays_and_its_entry_is_split() throws Exception {
    UserProcess p = huge();
    int folio = ThpBed.folio(p, 0);
    advise(p, 0, 512, Advice.FREE);
    p.writeByte(page(7), (byte) 3);
    advise(p, 0, 512, Advice.PAGEOUT);
    assertThat(ThpBed.isHuge(p, 0)).isFalse();
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(swapbacked(folio)).isTrue();
    assertThat(folios.frames().testFlag(folio, PageFlags.PG_ACTIVE)).isTrue();
    assertThat(rss(p)).isEqualTo(512);
    TestMachine.check(p, 8, 8);
  }

  @Test
  void a_part_of_a_huge_page_given_away_splits_the_folio() throws Exception {
    UserProcess p = huge();
    int folio = ThpBed.folio(p, 0);
    p.writePage(page(100), new byte[4096]);
    advise(p, 0, 8, Advice.FREE);
    assertThat(folios.folioTestLarge(folio)).isFalse();
    assertThat(swapbacked(folio + 7)).isFalse();
    assertThat(swapbacked(folio + 8)).isTrue();
    assertThat(pfn(p, 100)).as("zeros became the zero page").isEqualTo(Folios.ZERO_PFN);
    assertThat(rss(p)).isEqualTo(511);
    advise(p, 0, 8, Advice.PAGEOUT);
    assertThat(rss(p)).isEqualTo(503);
    TestMachine.check(p, 8, 8);
  }

  @Test
  void small_entries_of_a_whole_large_folio_are_given_away_without_a_split() throws Exception {
    UserProcess p = huge();
    int folio = ThpBed.folio(p, 0);
    p.mprotect(BASE, 4096, 1);
    p.mprotect(BASE, 4096, RW);
    advise(p, 0, 512, Advice.FREE);
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(swapbacked(folio)).isFalse();
    assertThat(TestMachine.flags(p, 511)).isEqualTo(1L << 63 | 0x7);
    advise(p, 0, 4, Advice.FREE);
    assertThat(folios.folioTestLarge(folio)).as("a part of it now").isFalse();
  }

  @Test
  void of_a_huge_page_that_a_child_has_nothing_is_done() throws Exception {
    UserProcess p = huge();
    UserProcess q = p.fork();
    int folio = ThpBed.folio(p, 0);
    for (Advice advice : new Advice[] {Advice.FREE, Advice.COLD, Advice.PAGEOUT}) {
      advise(p, 0, 512, advice);
      assertThat(ThpBed.folio(p, 0)).isEqualTo(folio);
    }
    advise(p, 0, 8, Advice.FREE);
    advise(p, 0, 8, Advice.COLD);
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(swapbacked(folio)).isTrue();
    TestMachine.check(q, 3, 3);
  }

  @Test
  void cold_pages_are_old_and_stay() throws Exception {
    UserProcess p = small(4);
    folios.folioMarkAccessed(pfn(p, 0));
    folios.folioMarkAccessed(pfn(p, 0));
    advise(p, 0, 2, Advice.COLD);
    assertThat(TestMachine.flags(p, 0)).isEqualTo(1L << 63 | 0x47);
    assertThat(TestMachine.flags(p, 2)).isEqualTo(1L << 63 | 0x67);
    assertThat(folios.frames().testFlag(pfn(p, 0), PageFlags.PG_ACTIVE)).isFalse();
    assertThat(rss(p)).isEqualTo(4);
    UserProcess h = huge();
    advise(h, 0, 512, Advice.COLD);
    assertThat(ThpBed.pmd(h, 0) & ~Pmd.PFN_MASK).isEqualTo(1L << 63 | 0xc7);
    advise(h, 1, 1, Advice.COLD);
    assertThat(ThpBed.isHuge(h, 0)).as("a part: the folio is split").isFalse();
    assertThat(folios.folioTestLarge(pfn(h, 0))).isFalse();
    TestMachine.check(h, 77, 77);
  }

  @Test
  void a_huge_page_goes_out_page_by_page_and_comes_back() throws Exception {
    UserProcess p = huge();
    advise(p, 0, 512, Advice.PAGEOUT);
    assertThat(swapped(p)).isEqualTo(512);
    assertThat(rss(p)).isZero();
    ThpBed.holds(p, 0, 512);
    assertThat(rss(p)).isEqualTo(512);
  }

  @Test
  void without_room_on_the_device_pages_stay() throws Exception {
    try (TestMachine none = TestMachine.boot("linux-6.18")) {
      UserProcess p = none.process(4);
      write(p, 0, 0);
      p.madvise(BASE, 4 * 4096, Advice.PAGEOUT);
      TestMachine.check(p, 0, 0);
      assertThat(none.machine.memory().folios().frames().testFlag(pfn(p, 0), PageFlags.PG_ACTIVE))
          .isTrue();
    }
  }

  @Test
  void locked_memory_and_memory_of_files_are_refused() throws Exception {
    UserProcess p = small(4);
    p.mlock(BASE, 4 * 4096);
    for (Advice advice : new Advice[] {Advice.FREE, Advice.COLD, Advice.PAGEOUT}) {
      assertThatThrownBy(() -> advise(p, 0, 4, advice)).hasMessageContaining("EINVAL");
    }
    p.mmap(new Mmap.Request(page(512), 4096, RW, true, false, false, null, 0));
    p.writeByte(page(512), (byte) 1);
    assertThatThrownBy(() -> advise(p, 512, 1, Advice.FREE)).hasMessageContaining("EINVAL");
    advise(p, 512, 1, Advice.COLD);
    advise(p, 512, 1, Advice.PAGEOUT);
    assertThat(pfn(p, 512)).isPositive();
  }
}
