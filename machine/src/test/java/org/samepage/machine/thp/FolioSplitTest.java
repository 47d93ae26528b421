// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.page;

import org.junit.jupiter.api.Test;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.Mm;

/** Splits of a folio, by what waits in the queue of those that are mapped in part. */
final class FolioSplitTest extends ThpBed {
  private int scan() {
    return machine.thp().deferredSplit().deferredSplitScan();
  }

  @Test
  void each_page_becomes_a_folio_that_is_mapped_as_before() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    long inUse = machine.memory().allocator().pagesInUse();
    p.madvise(page(9), 4096, Advice.DONTNEED);
    assertThat(scan()).isEqualTo(1);
    assertThat(machine.memory().allocator().pagesInUse()).as("page 9 is free").isEqualTo(inUse - 1);
    for (int i = 0; i < 512; i++) {
      if (i == 9) {
        continue;
      }
      int page = folio + i;
      assertThat(frame(p, i)).isEqualTo(page);
      assertThat(folios.pageFolio(page)).isEqualTo(page);
      assertThat(folios.folioTestLarge(page)).isFalse();
      assertThat(folios.folioRefCount(page)).isEqualTo(1);
      assertThat(folios.folioMapcount(page)).isEqualTo(1);
      assertThat(folios.pageAnonExclusive(page)).isTrue();
      assertThat(folios.frames().index(page)).isEqualTo(page(i) >>> 12);
      assertThat(TestMachine.flags(p, i)).isEqualTo(0x8000_0000_0000_0067L);
      TestMachine.check(p, i, i);
    }
    assertThat(kpageflags(p, 3)).isEqualTo(0x400005818L);
    assertThat(folios.deferredSplit().length()).isZero();
  }

  @Test
  void pages_full_of_zeros_are_the_zero_page_afterwards() throws Exception {
    UserProcess p = advised(1);
    for (int i = 0; i < 100; i++) {
      TestMachine.write(p, i, i);
    }
    p.writeByte(page(500), (byte) 0);
    p.madvise(page(9), 4096, Advice.DONTNEED);
    assertThat(scan()).isEqualTo(1);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(99);
    assertThat(TestMachine.pfn(p, 500)).isEqualTo(Folios.ZERO_PFN);
    assertThat(TestMachine.flags(p, 500))
        .as("not dirty, so nobody takes it for one of KSM's")
        .isEqualTo(0x8000_0000_0000_0225L);
    p.writeByte(page(500), (byte) 1);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(100);
  }

  @Test
  void of_a_mapping_that_is_locked_zeros_stay() throws Exception {
    UserProcess p = advised(1);
    p.writeByte(page(0), (byte) 1);
    p.madvise(page(9), 4096, Advice.DONTNEED);
    p.mlock(page(0), 4096 * 512);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).as("mlock brings page 9").isEqualTo(512);
    assertThat(scan()).isEqualTo(1);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
  }

  @Test
  void all_who_map_it_keep_their_pages_and_rights() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    UserProcess r = q.fork();
    q.madvise(page(9), 4096, Advice.DONTNEED);
    r.mprotect(page(0), 4096 * 100, 1);
    int folio = folio(p, 0);
    q.exit();
    p.madvise(page(4), 4096, Advice.DONTNEED);
    r.munmap(page(4), 4096);
    assertThat(scan()).isEqualTo(1);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(folios.folioMapcount(folio)).isEqualTo(2);
    assertThat(folios.pageAnonExclusive(folio)).isFalse();
    assertThat(Pte.pteWrite(TestMachine.pte(p, 0))).isFalse();
    holds(p, 5, 512);
    holds(r, 5, 512);
    p.writeByte(page(7), (byte) 1);
    TestMachine.check(r, 7, 7);
  }

  @Test
  void whoever_has_a_reference_besides_keeps_it_whole() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.madvise(page(9), 4096, Advice.DONTNEED);
    folios.folioGet(folio);
    assertThat(scan()).isZero();
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(folios.deferredSplit().length()).as("it waits on").isEqualTo(1);
    folios.folioPut(folio);
    assertThat(folios.folioTestLocked(folio)).isFalse();
    holds(p, 10, 512);
    assertThat(scan()).isEqualTo(1);
  }

  @Test
  void a_child_that_maps_a_part_does_not_make_it_partially_mapped() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    q.munmap(page(1), 4096);
    assertThat(folios.deferredSplit().length()).as("the parent maps all").isZero();
    p.exit();
    assertThat(folios.deferredSplit().length()).as("nobody maps page 1 now").isEqualTo(1);
  }
}
