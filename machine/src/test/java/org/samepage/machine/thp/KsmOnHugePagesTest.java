// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.state.KsmScan;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.Mm;

/**
 * What KSM does with huge pages. The counters were seen on Linux 6.18.44 for the same calls
 * (scenarios thp-*).
 */
final class KsmOnHugePagesTest extends ThpBed {
  static List<String> profiles() {
    return TestMachine.profiles();
  }

  private UserProcess other(int... contents) throws Exception {
    UserProcess p = m.mergeable(contents.length);
    for (int i = 0; i < contents.length; i++) {
      write(p, i, contents[i]);
    }
    return p;
  }

  @ParameterizedTest
  @MethodSource("profiles")
  void every_scan_strategy_returns_each_page_of_a_huge_page(String profile) throws Exception {
    try (TestMachine t = TestMachine.boot(profile)) {
      UserProcess p = t.machine.newProcess();
      p.mmap(BASE, 2 * HUGE, RW, true);
      p.madvise(BASE, 2 * HUGE, Advice.HUGEPAGE);
      p.writeByte(page(700), (byte) 1);
      p.touch(page(0)); // the huge page of zeros: nobody's
      p.madvise(BASE, 2 * HUGE, Advice.MERGEABLE);
      ScanStrategy scan = t.machine.ksm().strategies().scan();
      KsmScan cursor = t.machine.ksm().state().ksmScan;
      Folios there = t.machine.memory().folios();
      ScanHit hit = new ScanHit();
      List<Integer> pages = new ArrayList<>();
      Mm mm = p.mm();
      cursor.address = 0;
      mm.mmapLock.readLock();
      while (scan.nextPage(mm, cursor, hit)) {
        assertThat(cursor.address).isEqualTo(page(512 + pages.size()));
        assertThat(there.folioRefCount(there.pageFolio(hit.page))).isEqualTo(2);
        pages.add(hit.page);
        there.putPage(hit.page);
        cursor.address += 4096;
      }
      mm.mmapLock.readUnlock();
      int folio = folio(p, 512);
      assertThat(pages).hasSize(512);
      assertThat(pages.getFirst()).isEqualTo(folio);
      assertThat(pages.get(188)).as("not the first page 512 times").isEqualTo(folio + 188);
      assertThat(pages).doesNotHaveDuplicates();
      assertThat(isHuge(p, 512)).as("and it is huge yet").isTrue();
    }
  }

  @Test
  void pages_that_nobody_else_has_leave_it_huge() throws Exception {
    UserProcess p = filled(1);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    m.passes(3);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(m.ksm("pages_unshared")).isEqualTo(512);
    assertThat(p.mm().ksmRmapItems).isEqualTo(512);
    assertThat(folios.folioRefCount(folio(p, 0))).isEqualTo(1);
  }

  @Test
  void a_merge_splits_the_folio_and_takes_one_page() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    UserProcess q = other(100);
    m.passes(3);
    assertThat(m.ksm("pages_shared")).isEqualTo(1);
    assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    assertThat(m.ksm("pages_unshared")).isEqualTo(511);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(folios.folioTestLarge(folio)).isFalse();
    assertThat(pfn(p, 100)).isEqualTo(pfn(q, 0));
    assertThat(pfn(p, 101)).isEqualTo(folio + 101);
    holds(p, 0, 512);
  }

  @Test
  void two_pages_of_one_folio_are_split_apart_first_and_merged_the_next_time() throws Exception {
    UserProcess p = advised(1);
    for (int i = 0; i < 512; i++) {
      write(p, i, 7);
    }
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    m.passes(1);
    assertThat(m.ksm("pages_volatile")).isEqualTo(512);
    m.passes(1);
    assertThat(m.ksm("pages_shared")).isEqualTo(2);
    assertThat(m.ksm("pages_sharing")).as("page 1 alone was left over").isEqualTo(509);
    assertThat(m.ksm("pages_volatile")).isEqualTo(1);
    m.passes(1);
    assertThat(m.ksm("pages_sharing")).isEqualTo(510);
  }

  @Test
  void the_zeros_of_a_huge_page_go_with_the_first_merge() throws Exception {
    UserProcess p = advised(1);
    write(p, 0, 1);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    UserProcess q = other(1);
    m.passes(3);
    assertThat(pfn(p, 0)).isEqualTo(pfn(q, 0));
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(1);
    assertThat(pfn(p, 300)).isEqualTo(Folios.ZERO_PFN);
    assertThat(p.mm().ksmRmapItems).as("their items are gone").isEqualTo(1);
    assertThat(m.ksm("ksm_zero_pages")).as("KSM did not put them there").isZero();
  }

  @Test
  void with_use_zero_pages_too_they_are_the_splits_doing_and_not_counted() throws Exception {
    assertThat(m.store("use_zero_pages", "1")).isZero();
    UserProcess p = advised(1);
    write(p, 0, 1);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    m.passes(3);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(1);
    assertThat(m.ksm("ksm_zero_pages")).isZero();
    assertThat(p.mm().ksmZeroPages.get()).isZero();
  }

  @Test
  void a_reference_of_somebody_elses_keeps_the_folio_whole_and_unmerged() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    UserProcess q = other(100);
    folios.folioGet(folio);
    m.passes(3);
    assertThat(isHuge(p, 0)).as("it was seen before anything was unmapped").isTrue();
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(m.ksm("pages_sharing")).isZero();
    assertThat(folios.folioTestLocked(folio)).isFalse();
    folios.folioPut(folio);
    m.passes(1);
    assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    TestMachine.check(q, 0, 100);
  }

  @Test
  void a_page_of_a_shared_huge_page_is_merged_in_both_processes() throws Exception {
    UserProcess p = filled(1);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    UserProcess child = p.fork();
    UserProcess q = other(100, 101);
    m.passes(3);
    assertThat(pfn(p, 100)).isEqualTo(pfn(child, 100)).isEqualTo(pfn(q, 0));
    assertThat(pfn(p, 101)).isEqualTo(pfn(child, 101)).isEqualTo(pfn(q, 1));
    holds(p, 0, 512);
    holds(child, 0, 512);
    child.writeByte(page(100), (byte) 1);
    holds(p, 0, 512);
    p.madvise(BASE, HUGE, Advice.UNMERGEABLE);
    holds(p, 0, 512);
  }
}
