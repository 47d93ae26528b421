// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import org.junit.jupiter.api.Test;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.vma.Mm;

/** Faults that make huge entries. Words of /proc were seen on Linux 6.18.44 for the same calls. */
final class HugeFaultTest extends ThpBed {
  /** What a huge page of its own is mapped by: NX, PSE, dirty, accessed, user, writable. */
  private static final long WRITTEN = 0x8000_0000_0000_00e7L;

  @Test
  void a_write_maps_a_folio_of_512_pages_and_keeps_a_table_aside() throws Exception {
    UserProcess p = advised(1);
    p.writeByte(page(5), (byte) 1);
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(WRITTEN);
    int folio = folio(p, 0);
    assertThat(folios.folioMapcount(folio)).isEqualTo(1);
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(1);
    assertThat(folios.folioRefCount(folio)).isEqualTo(1);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
    assertThat(p.mm().pgTables.pgtablesBytes()).as("PUD, PMD, and the deposit").isEqualTo(3 * 4096);
    assertThat(kpageflags(p, 0)).isEqualTo(0x40040d808L);
    assertThat(kpageflags(p, 5)).as("a tail").isEqualTo(0x400415808L);
    assertThat(pagemap(p, 511)).isEqualTo(0x8100000000000000L);
    assertThat(smaps(p, 0, "AnonHugePages")).isEqualTo(2048);
    assertThat(smaps(p, 0, "Private_Dirty")).isEqualTo(2048);
    assertThat(smaps(p, 0, "Referenced")).isEqualTo(2048);
  }

  @Test
  void each_page_of_it_has_bytes_of_its_own() throws Exception {
    UserProcess p = filled(2);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(isHuge(p, 512)).isTrue();
    holds(p, 0, 1024);
  }

  @Test
  void a_read_maps_the_huge_page_of_zeros_which_a_write_replaces_whole() throws Exception {
    UserProcess p = advised(1);
    p.touch(page(3));
    int zero = folios.frames().hugeZeroPfn();
    assertThat(folio(p, 0)).isEqualTo(zero);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isZero();
    assertThat(pagemap(p, 3)).as("present, and as if a file's").isEqualTo(0xa000000000000000L);
    assertThat(kpageflags(p, 0)).isEqualTo(0x1408000L);
    assertThat(kpageflags(p, 3)).isEqualTo(0x1410000L);
    assertThat(kpagecount(p, 3)).isZero();
    assertThat(smaps(p, 0, "Rss")).isZero();
    p.writeByte(page(7), (byte) 1);
    assertThat(folio(p, 0)).isNotEqualTo(zero);
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(WRITTEN);
    assertThat(smaps(p, 0, "AnonHugePages")).isEqualTo(2048);
  }

  @Test
  void all_address_spaces_share_the_huge_page_of_zeros_until_nobody_is_left() throws Exception {
    UserProcess p = advised(2);
    UserProcess q = advised(1);
    p.touch(page(0));
    p.touch(page(512));
    q.touch(page(0));
    assertThat(folio(q, 0)).isEqualTo(folio(p, 512));
    assertThat(machine.thp().zero().uses()).as("one for each address space").isEqualTo(2);
    assertThat(machine.thp().zero().shrinkHugeZeroFolioScan()).isFalse();
    p.exit();
    q.exit();
    assertThat(machine.thp().zero().shrinkHugeZeroFolioScan()).isTrue();
    assertThat(folios.frames().hugeZeroPfn()).isEqualTo(Frames.NO_PAGE);
  }

  @Test
  void without_use_of_the_zero_page_a_read_maps_a_folio_too() throws Exception {
    assertThat(machine.thp().sysfs().store("use_zero_page", "0\n")).isZero();
    UserProcess p = advised(1);
    p.touch(page(3));
    assertThat(folios.pageAnonExclusive(folio(p, 0))).isTrue();
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
  }

  @Test
  void who_gets_one_is_what_enabled_says() throws Exception {
    ThpSysfs sysfs = machine.thp().sysfs();
    assertThat(sysfs.show("enabled")).isEqualTo("always [madvise] never\n");
    UserProcess p = machine.newProcess();
    p.mmap(BASE, 8 * HUGE, RW, true);
    p.writeByte(page(0), (byte) 1);
    assertThat(isHuge(p, 0)).as("madvise, and none was given").isFalse();
    assertThat(sysfs.store("enabled", "always")).isZero();
    p.writeByte(page(512), (byte) 1);
    assertThat(isHuge(p, 512)).isTrue();
    p.madvise(page(1024), HUGE, Advice.NOHUGEPAGE);
    p.writeByte(page(1024), (byte) 1);
    assertThat(isHuge(p, 1024)).as("asked not to").isFalse();
    assertThat(sysfs.store("enabled", "never")).isZero();
    p.madvise(page(1536), HUGE, Advice.HUGEPAGE);
    p.writeByte(page(1536), (byte) 1);
    assertThat(isHuge(p, 1536)).isFalse();
    assertThat(sysfs.store("enabled", "sometimes")).isEqualTo(-22);
    assertThat(sysfs.show("enabled")).isEqualTo("always madvise [never]\n");
  }

  @Test
  void it_must_fit_between_the_ends_of_its_mapping() throws Exception {
    UserProcess p = machine.newProcess();
    p.mmap(page(1), HUGE, RW, true);
    p.madvise(page(1), HUGE, Advice.HUGEPAGE);
    p.writeByte(page(1), (byte) 1);
    p.writeByte(page(512), (byte) 1);
    assertThat(isHuge(p, 1)).isFalse();
    assertThat(isHuge(p, 512)).isFalse();
    assertThat(smaps(p, 1, "THPeligible")).isZero();
  }

  @Test
  void a_table_that_is_there_already_stays() throws Exception {
    UserProcess p = machine.newProcess();
    p.mmap(BASE, HUGE, RW, true);
    p.writeByte(page(0), (byte) 1);
    p.madvise(BASE, HUGE, Advice.HUGEPAGE);
    p.writeByte(page(1), (byte) 1);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(2);
  }

  @Test
  void advice_shows_in_the_flags_and_the_eligibility_before_anything_is_there() throws Exception {
    UserProcess p = advised(1);
    assertThat(smaps(p, 0, "THPeligible")).isEqualTo(1);
    p.madvise(BASE, HUGE, Advice.NOHUGEPAGE);
    assertThat(smaps(p, 0, "THPeligible")).isZero();
  }

  @Test
  void where_no_block_of_frames_is_left_pages_are_small() throws Exception {
    try (TestMachine small = TestMachine.boot("linux-6.18", "machine.memory=3M")) {
      UserProcess p = small.machine.newProcess();
      p.mmap(BASE, 2 * HUGE, RW, true);
      p.madvise(BASE, 2 * HUGE, Advice.HUGEPAGE);
      p.writeByte(page(0), (byte) 1);
      p.writeByte(page(512), (byte) 1);
      assertThat(isHuge(p, 0)).as("the only block").isTrue();
      assertThat(isHuge(p, 512)).isFalse();
      assertThat(TestMachine.pte(p, 512) & 1).isEqualTo(1);
    }
  }
}
