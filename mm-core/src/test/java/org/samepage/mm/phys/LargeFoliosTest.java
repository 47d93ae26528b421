// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.testing.TestMemory;

final class LargeFoliosTest {
  private final TestMemory memory = new TestMemory(new MemoryLayout(1, 3 * HPAGE_PMD_NR));
  private final Folios folios = memory.folios;

  @AfterEach
  void close() {
    memory.close();
  }

  private int large() {
    return folios.vmaAllocFolioNoprof(0, HPAGE_PMD_ORDER);
  }

  @Test
  void a_large_folio_is_aligned_and_every_page_of_it_leads_to_the_first() {
    int folio = large();
    assertThat(folio % HPAGE_PMD_NR).isZero();
    assertThat(folios.folioTestLarge(folio)).isTrue();
    assertThat(folios.folioNrPages(folio)).isEqualTo(512);
    assertThat(folios.pageFolio(folio)).isEqualTo(folio);
    assertThat(folios.pageFolio(folio + 1)).isEqualTo(folio);
    assertThat(folios.pageFolio(folio + 511)).isEqualTo(folio);
    assertThat(folios.folioTestLarge(folios.vmaAllocFolioNoprof(0))).isFalse();
  }

  @Test
  void a_new_large_folio_is_mapped_by_nobody() {
    int folio = large();
    assertThat(folios.folioMapcount(folio)).isZero();
    assertThat(folios.folioEntireMapcount(folio)).isZero();
    assertThat(folios.folioPrecisePageMapcount(folio, folio + 7)).isZero();
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
  }

  @Test
  void pages_have_contents_of_their_own() {
    int folio = large();
    folios.setByte(folio + 3, 17, (byte) 5);
    assertThat(folios.byteAt(folio + 3, 17)).isEqualTo((byte) 5);
    assertThat(folios.byteAt(folio + 2, 17)).isZero();
  }

  @Test
  void the_last_put_frees_all_pages_and_the_block_is_handed_out_whole_again() {
    long before = memory.allocator.pagesInUse();
    int folio = large();
    folios.setByte(folio + 511, 0, (byte) 1);
    int slots = memory.contents.slotsInUse();
    folios.folioPut(folio);
    assertThat(memory.allocator.pagesInUse()).isEqualTo(before);
    assertThat(memory.contents.slotsInUse()).isEqualTo(slots - 1);
    int again = large();
    assertThat(again).isEqualTo(folio);
    assertThat(folios.byteAt(again + 511, 0)).isZero();
  }

  @Test
  void frames_skipped_for_alignment_are_not_lost() {
    int folio = large();
    int frames = 0;
    while (folios.vmaAllocFolioNoprof(0) != Frames.NO_PAGE) {
      frames++;
    }
    assertThat(folio).isNotEqualTo(Frames.NO_PAGE);
    assertThat(frames).isEqualTo(2 * HPAGE_PMD_NR);
    assertThat(large()).isEqualTo(Frames.NO_PAGE);
  }

  @Test
  void a_free_block_is_broken_up_where_single_frames_are_short() {
    int folio = large();
    while (folios.vmaAllocFolioNoprof(0) != Frames.NO_PAGE) {
      assertThat(memory.allocator.pagesInUse()).isLessThanOrEqualTo(3L * HPAGE_PMD_NR);
    }
    folios.folioPut(folio);
    for (int i = 0; i < HPAGE_PMD_NR; i++) {
      int page = folios.vmaAllocFolioNoprof(0);
      assertThat(page).isBetween(folio, folio + HPAGE_PMD_NR - 1);
      assertThat(folios.pageFolio(page)).isEqualTo(page);
    }
    assertThat(folios.vmaAllocFolioNoprof(0)).isEqualTo(Frames.NO_PAGE);
  }

  @Test
  void a_large_folio_that_is_mapped_is_not_freed() {
    int folio = large();
    folios.frames().setLargeMapcountRaw(folio, 0);
    assertThatThrownBy(() -> folios.folioPut(folio)).isInstanceOf(IllegalStateException.class);
  }
}
