// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.rmap.AnonRmap.RMAP_NONE;
import static org.samepage.rmap.MappingCounts.ENTIRELY_MAPPED;
import static org.samepage.rmap.RmapFixture.BASE;
import static org.samepage.rmap.RmapFixture.pmdTable;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.MmFlags;
import org.samepage.mm.vma.VmArea;

/** {@code _mapcount}, {@code _entire_mapcount} and {@code _nr_pages_mapped}, and who is queued. */
final class MappingCountsTest {
  private final RmapFixture f = new RmapFixture();
  private final Folios folios = f.folios;
  private final Frames frames = f.memory.frames;
  private final VmArea vma = f.vma(HPAGE_PMD_NR);
  private final int folio = f.hugeFaulted(vma, BASE);

  @AfterEach
  void close() {
    f.close();
  }

  private void split() {
    f.splitHugePmd.splitHugePmdRaw(vma, pmdTable(vma, BASE), pmdIndex(BASE), BASE);
  }

  private long at(int page) {
    return BASE + PageUnits.pagesToBytes(page);
  }

  private void mapPage(int page) {
    f.rmap.folioAddAnonRmapPtes(folio + page, vma, at(page));
  }

  private void unmapPage(int page) {
    f.rmap.folioRemoveRmapPtes(folio + page, vma);
  }

  private int mapped() {
    return frames.nrPagesMapped(folio);
  }

  private boolean queued() {
    return folios.deferredSplit().length() == 1;
  }

  @Test
  void a_huge_entry_maps_all_and_small_ones_each_page_once() {
    assertThat(mapped()).isEqualTo(ENTIRELY_MAPPED);
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(1);
    mapPage(7);
    mapPage(7);
    assertThat(mapped()).isEqualTo(ENTIRELY_MAPPED + 1);
    assertThat(folios.folioPrecisePageMapcount(folio, folio + 7)).isEqualTo(3);
    assertThat(folios.folioMapcount(folio)).isEqualTo(3);
    unmapPage(7);
    assertThat(mapped()).isEqualTo(ENTIRELY_MAPPED + 1);
    unmapPage(7);
    assertThat(mapped()).isEqualTo(ENTIRELY_MAPPED);
    assertThat(queued()).as("mapped as a whole yet").isFalse();
  }

  @Test
  void a_split_has_every_page_mapped_and_no_huge_entry() {
    split();
    assertThat(mapped()).isEqualTo(HPAGE_PMD_NR);
    assertThat(folios.folioEntireMapcount(folio)).isZero();
    assertThat(folios.folioMapcount(folio)).isEqualTo(HPAGE_PMD_NR);
    assertThat(queued()).isFalse();
  }

  @Test
  void the_first_page_that_nobody_maps_queues_the_folio_and_the_last_does_not() {
    split();
    mapPage(3);
    unmapPage(3);
    assertThat(queued()).as("one mapping of two").isFalse();
    for (int i = 1; i < HPAGE_PMD_NR; i++) {
      unmapPage(i);
      assertThat(queued()).isTrue();
    }
    assertThat(mapped()).isEqualTo(1);
    assertThat(folios.deferredSplit().takeFirst(folios)).isEqualTo(folio);
    unmapPage(0);
    assertThat(mapped()).isZero();
    assertThat(queued()).as("nothing of it is mapped: it is about to be freed").isFalse();
  }

  @Test
  void the_last_huge_entry_queues_it_where_some_pages_are_mapped_and_not_all_or_none() {
    mapPage(9);
    f.rmap.folioAddAnonRmapPmd(folio, vma, BASE, RMAP_NONE);
    assertThat(mapped()).isEqualTo(ENTIRELY_MAPPED + 1);
    f.rmap.folioRemoveRmapPmd(folio, vma);
    assertThat(mapped()).isEqualTo(ENTIRELY_MAPPED + 1);
    assertThat(queued()).as("there was another").isFalse();
    f.rmap.folioRemoveRmapPmd(folio, vma);
    assertThat(mapped()).isEqualTo(1);
    assertThat(queued()).isTrue();
  }

  @Test
  void one_that_is_not_mapped_at_all_is_not_queued() {
    f.rmap.folioRemoveRmapPmd(folio, vma);
    assertThat(mapped()).isZero();
    assertThat(queued()).isFalse();
    assertThat(folios.folioMapped(folio)).isFalse();
    assertThatThrownBy(() -> f.rmap.folioRemoveRmapPmd(folio, vma))
        .hasMessageContaining("once too often");
  }

  @Test
  void a_small_pages_first_mapping_is_its_only_one() {
    int pfn = f.faulted(f.vma(1), BASE);
    assertThat(folios.folioMapcount(pfn)).isEqualTo(1);
    assertThat(frames.mapcountRaw(pfn)).isZero();
  }

  @Test
  void pages_of_a_file_are_never_queued() {
    split();
    frames.setMapping(folio, new AddressSpace(f.memory.sched, "file", 1 << 21));
    unmapPage(4);
    assertThat(queued()).isFalse();
  }

  @Test
  void fork_shares_a_huge_entry_and_nobody_is_exclusive_then() {
    VmArea child = vma.vmAreaDup(f.memory.mm());
    f.anonVmas.anonVmaFork(child, vma);
    folios.folioRefAdd(folio, 5000); // of a large folio references say nothing about pins
    vma.vmMm.mmFlagsSet(MmFlags.MMF_HAS_PINNED);
    assertThat(f.rmap.folioTryDupAnonRmapPmd(folio, child, vma)).isTrue();
    assertThat(folios.pageAnonExclusive(folio)).isFalse();
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(2);
    assertThat(folios.folioMapcount(folio)).isEqualTo(2);
    assertThat(folios.folioMaybeMappedShared(folio)).isTrue();
    assertThat(f.rmap.folioTryDupAnonRmapPmd(folio, child, vma)).as("once more").isTrue();
    assertThat(folios.folioEntireMapcount(folio)).isEqualTo(3);
  }

  @Test
  void a_huge_entry_gives_its_exclusiveness_up_whatever_the_references() {
    folios.folioRefAdd(folio, 5000);
    assertThat(f.rmap.folioTryShareAnonRmapPmd(folio)).isTrue();
    assertThat(folios.pageAnonExclusive(folio)).isFalse();
  }

  @Test
  void a_second_huge_entry_may_not_be_exclusive() {
    assertThatThrownBy(() -> f.rmap.folioAddAnonRmapPmd(folio, vma, BASE, AnonRmap.RMAP_EXCLUSIVE))
        .hasMessageContaining("is not exclusive");
    f.rmap.folioRemoveRmapPmd(folio, vma);
    f.rmap.folioRemoveRmapPmd(folio, vma);
    folios.clearPageAnonExclusive(folio);
    f.rmap.folioAddAnonRmapPmd(folio, vma, BASE, RMAP_NONE);
    assertThat(folios.pageAnonExclusive(folio)).isFalse();
  }
}
