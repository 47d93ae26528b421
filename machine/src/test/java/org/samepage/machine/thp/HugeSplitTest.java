// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.page;

import org.junit.jupiter.api.Test;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.proc.PagemapFile;
import org.samepage.machine.proc.SoftDirty;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.UserfaultfdCtx;

/**
 * What system calls do with huge entries: whole ones, and those of which a part is concerned. What
 * is expected of /proc was seen on Linux 6.18.44.
 */
final class HugeSplitTest extends ThpBed {
  /** A page of its own: NX, dirty, accessed, user, writable, present. */
  private static final long OWN = 0x8000_0000_0000_0067L;

  private static final int MOVE = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;

  @Test
  void munmap_of_one_page_splits_the_entry_and_queues_the_folio() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    long tables = p.mm().pgTables.pgtablesBytes();
    p.munmap(page(511), 4096);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(flags(p, 0)).isEqualTo(OWN);
    assertThat(flags(p, 510)).isEqualTo(OWN);
    assertThat(frame(p, 510)).isEqualTo(folio + 510L);
    assertThat(folios.folioEntireMapcount(folio)).isZero();
    assertThat(folios.folioMapcount(folio)).isEqualTo(511);
    assertThat(folios.folioRefCount(folio)).isEqualTo(511);
    assertThat(folios.pageAnonExclusive(folio + 17)).isTrue();
    assertThat(folios.deferredSplit().folioTestPartiallyMapped(folio)).isTrue();
    assertThat(folios.deferredSplit().length()).isEqualTo(1);
    assertThat(p.mm().pgTables.pgtablesBytes()).as("the table that waited").isEqualTo(tables);
    assertThat(kpageflags(p, 0)).as("dirty, and a folio still").isEqualTo(0x40040d818L);
    assertThat(pagemap(p, 510)).isEqualTo(0x8100000000000000L);
    assertThat(smaps(p, 0, "Rss")).isEqualTo(2044);
    assertThat(smaps(p, 0, "AnonHugePages")).isZero();
    holds(p, 0, 511);
    p.exit();
    assertThat(folios.deferredSplit().length()).as("gone with the folio").isZero();
  }

  @Test
  void munmap_of_all_frees_folio_and_table() throws Exception {
    UserProcess p = filled(2);
    int folio = folio(p, 0);
    p.munmap(BASE, HUGE);
    assertThat(folios.folioRefCount(folio)).isZero();
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
    assertThat(p.mm().pgTables.pgtablesBytes()).isEqualTo(3 * 4096);
    holds(p, 512, 1024);
  }

  @Test
  void dontneed_of_a_part_splits_and_of_all_empties() throws Exception {
    UserProcess p = filled(1);
    p.madvise(page(1), 4096, Advice.DONTNEED);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(pagemap(p, 1)).isZero();
    assertThat(smaps(p, 0, "Rss")).isEqualTo(2044);
    holds(p, 2, 512);
    p.madvise(BASE, HUGE, Advice.DONTNEED);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isZero();
    p.writeByte(page(0), (byte) 1);
    assertThat(isHuge(p, 0)).as("the empty table was freed, so the next one is huge").isTrue();
    p.madvise(BASE, HUGE, Advice.DONTNEED);
    assertThat(pmd(p, 0)).isZero();
  }

  @Test
  void mprotect_of_all_changes_the_entry() throws Exception {
    UserProcess p = filled(1);
    p.mprotect(BASE, HUGE, 1);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(0x8400_0000_0000_00a5L);
    p.mprotect(BASE, HUGE, 3);
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK)
        .as("exclusive, so it may be written at once")
        .isEqualTo(0x8000_0000_0000_00e7L);
    int folio = folio(p, 0);
    p.mprotect(BASE, HUGE, 0);
    assertThat(pmd(p, 0) & 1).as("not for the processor").isZero();
    assertThat(Pmd.pmdPresent(pmd(p, 0))).isTrue();
    assertThat(folio(p, 0)).as("trap: the inverted frame number reads back").isEqualTo(folio);
    assertThat(frame(p, 3)).isEqualTo(folio + 3L);
    p.mprotect(BASE, HUGE, 1);
    holds(p, 0, 512);
  }

  @Test
  void mprotect_of_a_part_splits_and_takes_the_right_from_that_part() throws Exception {
    UserProcess p = filled(1);
    p.mprotect(page(8), 4096, 1);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(flags(p, 7)).isEqualTo(OWN);
    assertThat(flags(p, 8)).isEqualTo(0x8400_0000_0000_0025L);
    assertThat(folios.deferredSplit().length()).as("all of it is mapped").isZero();
    holds(p, 0, 512);
  }

  @Test
  void a_border_of_advice_within_a_huge_page_splits_its_entry() throws Exception {
    UserProcess p = filled(2);
    p.madvise(page(500), bytes(24), Advice.DONTFORK);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(isHuge(p, 512)).isFalse();
    holds(p, 0, 1024);
  }

  @Test
  void mremap_moves_a_whole_entry_with_its_table() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.mremap(BASE, HUGE, HUGE, MOVE, page(512 * 8));
    assertThat(folio(p, 512 * 8)).isEqualTo(folio);
    assertThat(pmd(p, 0)).isZero();
    assertThat(folios.frames().index(folio)).as("as it was").isEqualTo(page(0) >>> 12);
    p.munmap(page(512 * 8 + 1), 4096);
    assertThat(isHuge(p, 512 * 8)).as("split by the table that moved along").isFalse();
  }

  @Test
  void mremap_to_where_it_does_not_fit_splits() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.mremap(BASE, HUGE, HUGE, MOVE, page(512 * 8 + 1));
    assertThat(isHuge(p, 512 * 8)).isFalse();
    assertThat(frame(p, 512 * 8 + 4)).isEqualTo(folio + 3L);
    assertThat(smaps(p, 512 * 8 + 1, "AnonHugePages")).isZero();
    assertThat(folios.folioMapcount(folio)).isEqualTo(512);
  }

  @Test
  void mremap_of_a_part_leaves_the_rest() throws Exception {
    UserProcess p = filled(1);
    p.mremap(page(100), bytes(100), bytes(100), MOVE, page(512 * 8));
    assertThat(isHuge(p, 0)).isFalse();
    holds(p, 0, 100);
    holds(p, 200, 512);
    byte[] seen = new byte[4096];
    p.readPage(page(512 * 8 + 50), seen);
    assertThat(seen).isEqualTo(TestMachine.content(150));
    assertThat(folios.deferredSplit().length()).as("none is unmapped").isZero();
  }

  @Test
  void a_split_of_the_huge_page_of_zeros_maps_the_small_one() throws Exception {
    UserProcess p = advised(1);
    p.touch(page(0));
    p.munmap(page(3), 4096);
    assertThat(flags(p, 0)).isEqualTo(0x8000_0000_0000_0225L);
    assertThat(frame(p, 511)).isEqualTo(1);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isZero();
  }

  @Test
  void a_guard_in_a_huge_page_takes_its_page_alone() throws Exception {
    UserProcess p = filled(1);
    p.madvise(page(10), 4096, Advice.GUARD_INSTALL);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(pagemap(p, 10)).isEqualTo(0x4400000000000000L);
    holds(p, 0, 10);
    holds(p, 11, 512);
  }

  @Test
  void what_mremap_moves_counts_as_written_where_that_is_tracked() throws Exception {
    try (TestMachine tracked = TestMachine.boot("linux-6.18", "machine.soft-dirty=true")) {
      UserProcess p = tracked.machine.newProcess();
      p.mmap(BASE, 2 * HUGE, 3, true);
      p.madvise(BASE, 2 * HUGE, Advice.HUGEPAGE);
      p.writeByte(page(0), (byte) 1);
      p.writeByte(page(512), (byte) 1);
      SoftDirty.clearRefsWrite(p.mm());
      assertThat(isHuge(p, 0)).isTrue();
      assertThat(pmd(p, 0) & (Pte.SOFT_DIRTY | Pte.RW)).isZero();
      p.mremap(BASE, HUGE, HUGE, MOVE, page(512 * 8));
      assertThat(pmd(p, 512 * 8) & (Pte.SOFT_DIRTY | Pte.RW)).isEqualTo(Pte.SOFT_DIRTY);
      p.writeByte(page(515), (byte) 1);
      assertThat(pmd(p, 512) & (Pte.SOFT_DIRTY | Pte.RW)).isEqualTo(Pte.SOFT_DIRTY | Pte.RW);
    }
  }

  @Test
  void protection_for_userfaultfd_is_a_huge_entrys_too_and_stays_behind_when_it_moves()
      throws Exception {
    UserProcess p = filled(1);
    p.uffdRegister(new UserfaultfdCtx(UserfaultfdCtx.UFFD_FEATURE_SIGBUS), BASE, HUGE);
    p.uffdWriteProtect(BASE, HUGE, true);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(pmd(p, 0) & Pte.UFFD_WP).isNotZero();
    assertThat(pagemap(p, 3) & PagemapFile.PM_UFFD_WP).isNotZero();
    assertThatThrownBy(() -> p.writeByte(page(3), (byte) 1)).hasMessageContaining("SIGBUS");
    UserProcess child = p.fork();
    assertThat(pmd(child, 0) & Pte.UFFD_WP).as("the child is not registered").isZero();
    child.exit();
    p.mremap(BASE, HUGE, HUGE, MOVE, page(512 * 8));
    assertThat(isHuge(p, 512 * 8)).isTrue();
    assertThat(pmd(p, 512 * 8) & Pte.UFFD_WP).isZero();
    p.writeByte(page(512 * 8 + 3), (byte) 1);
  }

  @Test
  void a_part_protected_for_userfaultfd_is_a_split() throws Exception {
    UserProcess p = filled(1);
    p.uffdRegister(new UserfaultfdCtx(UserfaultfdCtx.UFFD_FEATURE_SIGBUS), BASE, HUGE);
    p.uffdWriteProtect(page(8), 4096, true);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(flags(p, 8) & Pte.UFFD_WP).isNotZero();
    assertThat(flags(p, 9) & Pte.UFFD_WP).isZero();
  }
}
