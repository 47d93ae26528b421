// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_MIGRATION;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_PGTABLE_CROSSED;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_SYNC;
import static org.samepage.rmap.RmapFixture.BASE;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;

final class PageVmaMappedWalkTest {
  private static final long PAGE = PageUnits.PAGE_SIZE;

  private final RmapFixture f = new RmapFixture();
  private final VmArea vma = f.vma(2048);
  private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(f.folios, f.types);

  @AfterEach
  void close() {
    f.close();
  }

  private boolean finds(int pfn, long addr, int flags) {
    boolean found = pvmw.defineFolioVmaWalk(pfn, vma, addr, flags).pageVmaMappedWalk();
    if (found) {
      assertThat(pvmw.table().ptl.isLocked()).isTrue();
      pvmw.pageVmaMappedWalkDone();
    }
    assertThat(f.memory.table(vma.vmMm, addr).ptl.isLocked()).isFalse();
    return found;
  }

  @Test
  void finds_the_entry_that_maps_the_folio_and_no_other() {
    int pfn = f.faulted(vma, BASE);
    int other = f.faulted(vma, BASE + PAGE);
    for (int flags : new int[] {0, PVMW_SYNC}) {
      assertThat(finds(pfn, BASE, flags)).isTrue();
      assertThat(finds(other, BASE, flags)).isFalse();
      assertThat(finds(pfn, BASE + 2 * PAGE, flags)).as("none").isFalse();
    }
  }

  @Test
  void neither_the_frame_before_nor_the_one_behind_is_the_folio() {
    int pfn = f.faulted(vma, BASE);
    for (int off = -2; off <= 2; off++) {
      f.memory.setEntry(vma.vmMm, BASE, Pte.pfnPte(pfn + off, vma.vmPageProt));
      assertThat(finds(pfn, BASE, 0)).isEqualTo(off == 0);
    }
  }

  @Test
  void finds_it_once() {
    int pfn = f.faulted(vma, BASE);
    pvmw.defineFolioVmaWalk(pfn, vma, BASE, 0);
    assertThat(pvmw.pageVmaMappedWalk()).isTrue();
    assertThat(pvmw.pageVmaMappedWalk()).isFalse();
    assertThat(f.memory.table(vma.vmMm, BASE).ptl.isLocked()).isFalse();
  }

  @Test
  void migration_entries_and_mappings_are_looked_for_apart() {
    int pfn = f.faulted(vma, BASE);
    assertThat(finds(pfn, BASE, PVMW_MIGRATION)).isFalse();
    f.memory.setEntry(vma.vmMm, BASE, f.types.makeReadableMigrationEntry(pfn));
    for (int sync : new int[] {0, PVMW_SYNC}) {
      assertThat(finds(pfn, BASE, PVMW_MIGRATION | sync)).isTrue();
      assertThat(finds(pfn + 1, BASE, PVMW_MIGRATION | sync)).isFalse();
      assertThat(finds(pfn, BASE, sync)).isFalse();
    }
  }

  @Test
  void markers_and_swap_words_are_nobodys_page() {
    long[] words = {
      PteMarker.makePteMarker(PteMarker.GUARD), 0x07ff_ffff_ffff_fc00L, 0x07ff_ffff_ffff_fc08L
    };
    for (long word : words) {
      f.memory.setEntry(vma.vmMm, BASE, word);
      for (int flags = 0; flags < 4; flags++) {
        assertThat(finds((int) Pte.ptePfn(word) & 0xffff, BASE, flags)).isFalse();
        assertThat(finds(1, BASE, flags)).isFalse();
      }
    }
  }

  @Test
  void a_page_that_may_not_be_touched_is_mapped_all_the_same() {
    int pfn = f.faulted(vma, BASE);
    f.memory.setEntry(vma.vmMm, BASE, Pte.pteModify(f.pte(vma, BASE), 0x120));
    assertThat(finds(pfn, BASE, 0)).isTrue();
  }

  @Test
  void where_there_is_no_table_nothing_is_found_and_nothing_locked() {
    assertThat(pvmw.defineFolioVmaWalk(300, vma, BASE, 0).pageVmaMappedWalk()).isFalse();
    f.faulted(vma, BASE);
    assertThat(pvmw.defineFolioVmaWalk(300, vma, BASE + PageUnits.PMD_SIZE, 0).pageVmaMappedWalk())
        .isFalse();
  }

  @Test
  void frames_in_a_row_are_found_across_a_hole_and_the_end_of_a_table() {
    long first = BASE + 510 * PAGE;
    List<Long> mapped = new ArrayList<>();
    int start = f.faulted(vma, first);
    mapped.add(first);
    for (int i = 1; i < 6; i++) {
      long addr = first + i * PAGE;
      if (i == 3) {
        continue; // a hole
      }
      f.memory.setEntry(vma.vmMm, addr, Pte.pfnPte(start + i, vma.vmPageProt));
      mapped.add(addr);
    }
    f.memory.setEntry(vma.vmMm, first + 6 * PAGE, Pte.pfnPte(start + 6, vma.vmPageProt));
    for (int flags : new int[] {0, PVMW_SYNC}) {
      List<Long> seen = new ArrayList<>();
      pvmw.begin(start, 6, vma.linearPageIndex(first), vma, first, flags);
      while (pvmw.pageVmaMappedWalk()) {
        seen.add(pvmw.address());
        assertThat(pvmw.table().ptl.isLocked()).isTrue();
      }
      assertThat(seen).isEqualTo(mapped);
      assertThat(pvmw.flags() & PVMW_PGTABLE_CROSSED).isNotZero();
    }
    assertThat(f.memory.table(vma.vmMm, first).ptl.isLocked()).isFalse();
    assertThat(f.memory.table(vma.vmMm, first + 4 * PAGE).ptl.isLocked()).isFalse();
  }

  @Test
  void a_walk_that_restarts_looks_at_the_same_entry_again() {
    int pfn = f.faulted(vma, BASE);
    pvmw.defineFolioVmaWalk(pfn, vma, BASE, 0);
    assertThat(pvmw.pageVmaMappedWalk()).isTrue();
    pvmw.pageVmaMappedWalkRestart();
    assertThat(f.memory.table(vma.vmMm, BASE).ptl.isLocked()).isFalse();
    assertThat(pvmw.pageVmaMappedWalk()).isTrue();
    assertThat(pvmw.address()).isEqualTo(BASE);
    pvmw.pageVmaMappedWalkDone();
  }

  @Test
  void addresses_of_pages_that_only_partly_lie_in_a_vma() {
    long pgoff = vma.vmPgoff;
    assertThat(VmaAddress.vmaAddress(vma, pgoff, 1)).isEqualTo(BASE);
    assertThat(VmaAddress.vmaAddress(vma, pgoff + 2047, 1)).isEqualTo(vma.vmEnd - PAGE);
    assertThat(VmaAddress.vmaAddress(vma, pgoff + 2048, 1)).isEqualTo(-14);
    assertThat(VmaAddress.vmaAddress(vma, pgoff - 1, 1)).isEqualTo(-14);
    assertThat(VmaAddress.vmaAddress(vma, pgoff - 1, 2)).as("its later part").isEqualTo(BASE);
    assertThat(VmaAddress.vmaAddress(vma, pgoff - 512, 512)).isEqualTo(-14);
    assertThat(VmaAddress.vmaAddressEnd(vma, BASE, 77, 1)).isEqualTo(BASE + PAGE);
    assertThat(VmaAddress.vmaAddressEnd(vma, BASE, pgoff + 2040, 16)).isEqualTo(vma.vmEnd);
    assertThat(VmaAddress.vmaAddressEnd(vma, BASE, pgoff, 16)).isEqualTo(BASE + 16 * PAGE);
    assertThat(VmaAddress.vmaAddressEnd(vma, BASE, pgoff - 16, 16))
        .as("all before")
        .isEqualTo(BASE);
  }

  @Test
  void frames_in_a_row_are_found_behind_missing_tables_of_each_level() {
    // 510 pages before a border of 2 MiB, of 1 GiB and of 512 GiB; what is before it has no table
    for (long border : new long[] {PageUnits.PMD_SIZE, PageUnits.PUD_SIZE, PageUnits.PGDIR_SIZE}) {
      VmArea wide = f.vma(2 * PageUnits.bytesToPages(PageUnits.PGDIR_SIZE));
      long end = BASE + border;
      int pfn = f.faulted(wide, end);
      f.memory.setEntry(wide.vmMm, end + PAGE, Pte.pfnPte(pfn + 1, wide.vmPageProt));
      f.memory.table(wide.vmMm, BASE + PageUnits.PGDIR_SIZE - PageUnits.PUD_SIZE);
      long first = end - 2 * PAGE;
      pvmw.begin(pfn, 4, wide.linearPageIndex(first), wide, first, 0);
      List<Long> seen = new ArrayList<>();
      while (pvmw.pageVmaMappedWalk()) {
        seen.add(pvmw.address());
      }
      assertThat(seen).containsExactly(end, end + PAGE);
    }
  }

  @Test
  void behind_the_end_of_a_folio_that_begins_before_its_vma_nothing_is_looked_at() {
    int folio = f.hugeFaulted(vma, BASE);
    f.splitHugePmd.splitHugePmdRaw(vma, RmapFixture.pmdTable(vma, BASE), 0, BASE);
    long from = BASE + 8 * PAGE;
    VmArea part = f.memory.map(f.memory.mm(), from, 1024, vma.vmFlags);
    long last = BASE + 511 * PAGE;
    f.memory.setEntry(part.vmMm, last, f.pte(vma, last));
    f.memory.setEntry(part.vmMm, last + PAGE, f.pte(vma, last));
    pvmw.defineFolioVmaWalk(folio, part, from, 0);
    assertThat(pvmw.pageVmaMappedWalk()).isTrue();
    assertThat(pvmw.address()).isEqualTo(last);
    assertThat(pvmw.pageVmaMappedWalk()).isFalse();
  }
}
