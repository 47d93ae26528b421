// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.page;

import org.junit.jupiter.api.Test;
import org.samepage.machine.UserProcess;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.MmFlags;

/** Huge pages that two processes have. What is expected of /proc was seen on Linux 6.18.44. */
final class HugeForkTest extends ThpBed {
  /**
   * NX, dirty kept in bit 58, PSE, user, present: no write, and with the accessed bit or without.
   */
  private static final long PARENT = 0x8400_0000_0000_00a5L;

  private static final long CHILD = 0x8400_0000_0000_0085L;

  @Test
  void a_child_shares_the_huge_entry_and_nobody_may_write() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    int folio = folio(p, 0);
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(PARENT);
    assertThat(pmd(q, 0) & ~Pmd.PFN_MASK).isEqualTo(CHILD);
    assertThat(folio(q, 0)).isEqualTo(folio);
    assertThat(folios.pageAnonExclusive(folio)).isFalse();
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(2);
    assertThat(q.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
    assertThat(kpageflags(p, 0)).isEqualTo(0x40d808L);
    assertThat(kpagecount(q, 9)).isEqualTo(2);
    assertThat(smaps(q, 0, "Pss")).isEqualTo(1024);
    assertThat(smaps(q, 0, "Shared_Dirty")).isEqualTo(2048);
    assertThat(smaps(q, 0, "Referenced")).isZero();
    holds(q, 0, 512);
  }

  @Test
  void a_write_splits_the_writers_entry_and_copies_one_page() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    int folio = folio(p, 0);
    q.writeByte(page(5), (byte) 9);
    assertThat(isHuge(q, 0)).isFalse();
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(frame(q, 5)).isNotEqualTo(frame(p, 5));
    assertThat(frame(q, 6)).isEqualTo(folio + 6L);
    assertThat(pagemap(q, 5)).isEqualTo(0x8100000000000000L);
    assertThat(pagemap(q, 6)).isEqualTo(0x8000000000000000L);
    assertThat(kpageflags(q, 6)).as("PG_dirty since the split").isEqualTo(0x415818L);
    assertThat(smaps(q, 0, "Pss")).isEqualTo(1026);
    assertThat(smaps(q, 0, "Shared_Dirty")).isEqualTo(2044);
    assertThat(smaps(q, 0, "AnonHugePages")).isZero();
    assertThat(smaps(p, 0, "AnonHugePages")).isEqualTo(2048);
    holds(p, 0, 512);
    holds(q, 6, 512);
  }

  @Test
  void of_a_huge_entry_pagemap_asks_the_first_page_alone_whether_it_is_exclusive()
      throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    q.writeByte(page(5), (byte) 9);
    q.munmap(page(9), 4096);
    assertThat(kpagecount(p, 5)).isEqualTo(1);
    assertThat(kpagecount(p, 9)).isEqualTo(1);
    assertThat(pagemap(p, 5))
        .as("mapped once, but page 0 is mapped twice")
        .isEqualTo(Long.MIN_VALUE);
    assertThat(pagemap(p, 9)).isEqualTo(Long.MIN_VALUE);
    assertThat(smaps(p, 0, "Private_Dirty")).as("smaps counts page by page").isEqualTo(8);
    p.writeByte(page(20), (byte) 3);
    assertThat(pagemap(p, 5)).as("the parent's entry is split now").isEqualTo(0x8100000000000000L);
    assertThat(pagemap(p, 21)).isEqualTo(Long.MIN_VALUE);
    assertThat(smaps(p, 0, "Pss")).isEqualTo(1030);
  }

  @Test
  void once_the_child_is_gone_the_parent_takes_the_folio_over() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    int folio = folio(p, 0);
    q.exit();
    p.writeByte(page(3), (byte) 7);
    assertThat(folio(p, 0)).isEqualTo(folio);
    assertThat(folios.pageAnonExclusive(folio)).isTrue();
    assertThat(Pmd.pmdWrite(pmd(p, 0))).isTrue();
  }

  @Test
  void a_folio_that_small_entries_map_is_taken_over_page_by_page() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    p.writeByte(page(20), (byte) 3);
    q.exit();
    long frame = frame(p, 30);
    p.writeByte(page(30), (byte) 1);
    assertThat(frame(p, 30)).as("not copied").isEqualTo(frame);
    assertThat(folios.pageAnonExclusive((int) frame)).isTrue();
    assertThat(folios.pageAnonExclusive((int) frame + 1)).as("this page alone").isFalse();
  }

  @Test
  void a_folio_of_which_one_page_is_mapped_is_not_taken_over_but_copied() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    q.munmap(page(1), HUGE - 4096);
    p.exit();
    int folio = (int) frame(q, 0);
    q.writeByte(page(0), (byte) 1);
    assertThat(frame(q, 0)).isNotEqualTo(folio);
    assertThat(folios.folioRefCount(folio)).as("freed").isZero();
  }

  @Test
  void a_page_that_may_be_pinned_is_looked_for_in_the_count_of_pins_not_of_references()
      throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    folios.folioRefAdd(folio, 1024);
    p.mm().mmFlagsSet(MmFlags.MMF_HAS_PINNED);
    UserProcess q = p.fork();
    assertThat(isHuge(q, 0)).isTrue();
    folios.folioRefAdd(folio, -1024);
    q.exit();
  }

  @Test
  void a_child_of_a_child_shares_it_too() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    UserProcess r = q.fork();
    int folio = folio(p, 0);
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(3);
    r.writeByte(page(0), (byte) 1);
    q.writeByte(page(1), (byte) 1);
    p.writeByte(page(2), (byte) 1);
    holds(p, 3, 512);
    holds(q, 2, 512);
    holds(r, 1, 512);
    assertThat(folios.folioEntireMapcount(folio)).isZero();
  }

  @Test
  void the_huge_page_of_zeros_is_the_childs_too() throws Exception {
    UserProcess p = advised(1);
    p.touch(page(0));
    UserProcess q = p.fork();
    assertThat(folio(q, 0)).isEqualTo(folio(p, 0));
    assertThat(machine.thp().zero().uses()).isEqualTo(2);
    q.writeByte(page(1), (byte) 1);
    assertThat(isHuge(q, 0)).as("a new huge page in its place").isTrue();
    assertThat(q.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
    q.exit();
    assertThat(machine.thp().zero().uses()).isEqualTo(1);
  }
}
