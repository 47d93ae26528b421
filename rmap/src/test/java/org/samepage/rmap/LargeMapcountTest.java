// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.VmArea;

final class LargeMapcountTest {
  private static final long BASE = 0x1000_0000_0000L;

  private final TestMemory memory = new TestMemory();
  private final Folios folios = memory.folios;
  private final LargeMapcount counts = new LargeMapcount(memory.frames);
  private final int folio = folios.vmaAllocFolioNoprof(0, HPAGE_PMD_ORDER);
  private final VmArea first = memory.map(memory.mm(), BASE, 512, TestMemory.RW);
  private final VmArea second = memory.map(memory.mm(), BASE, 512, TestMemory.RW);
  private final VmArea third = memory.map(memory.mm(), BASE, 512, TestMemory.RW);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void one_address_space_alone_does_not_share_however_often_it_maps() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 512, first);
    assertThat(folios.folioMapcount(folio)).isEqualTo(513);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
  }

  @Test
  void a_second_one_shares_until_it_has_let_go_of_all() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 2, second);
    assertThat(folios.folioMaybeMappedShared(folio)).isTrue();
    counts.folioSubReturnLargeMapcount(folio, 1, second);
    assertThat(folios.folioMaybeMappedShared(folio)).isTrue();
    counts.folioSubReturnLargeMapcount(folio, 1, second);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
    assertThat(folios.folioMapcount(folio)).isEqualTo(1);
  }

  @Test
  void with_one_page_mapped_nothing_is_shared_even_if_two_slots_were_used() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 1, second);
    counts.folioSubReturnLargeMapcount(folio, 1, first);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
  }

  @Test
  void what_a_third_one_maps_is_in_no_slot_and_keeps_the_mark() {
    counts.folioSetLargeMapcount(folio, 2, first);
    counts.folioAddReturnLargeMapcount(folio, 1, second);
    counts.folioAddReturnLargeMapcount(folio, 1, third);
    counts.folioSubReturnLargeMapcount(folio, 1, second);
    assertThat(folios.folioMaybeMappedShared(folio)).isTrue();
    counts.folioSubReturnLargeMapcount(folio, 1, third);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
    assertThat(folios.folioMapcount(folio)).isEqualTo(2);
  }

  @Test
  void a_slot_that_went_negative_is_emptied_and_taken_by_the_next() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 1, second);
    counts.folioAddReturnLargeMapcount(folio, 3, third);
    counts.folioSubReturnLargeMapcount(folio, 1, second);
    // the slot of the second is free: the third counts only what it maps from now on
    counts.folioAddReturnLargeMapcount(folio, 1, third);
    counts.folioSubReturnLargeMapcount(folio, 4, third);
    assertThat(folios.folioMapcount(folio)).isEqualTo(1);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
  }

  @Test
  void the_slot_of_one_that_maps_more_counts_all_of_it() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 512, first);
    counts.folioAddReturnLargeMapcount(folio, 1, second);
    counts.folioSubReturnLargeMapcount(folio, 1, second);
    assertThat(folios.folioMaybeMappedShared(folio)).as("all 513 are the first one's").isFalse();
    counts.folioAddReturnLargeMapcount(folio, 1, second);
    counts.folioAddReturnLargeMapcount(folio, 2, second);
    counts.folioSubReturnLargeMapcount(folio, 513, first);
    assertThat(folios.folioMaybeMappedShared(folio)).as("all 3 the second one's").isFalse();
  }

  @Test
  void whoever_takes_the_first_slot_shares_with_the_second() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 2, second);
    counts.folioSubReturnLargeMapcount(folio, 1, first);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
    counts.folioAddReturnLargeMapcount(folio, 3, third);
    assertThat(folios.folioMaybeMappedShared(folio)).isTrue();
    assertThat(memory.frames.mmId(folio, 0)).isEqualTo(third.vmMm.mmId());
    assertThat(memory.frames.mmIdMapcountRaw(folio, 0)).isEqualTo(2);
  }

  @Test
  void one_that_nobody_maps_is_the_next_ones_alone() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioSubReturnLargeMapcount(folio, 1, first);
    assertThat(folios.folioMapped(folio)).isFalse();
    counts.folioAddReturnLargeMapcount(folio, 1, second);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
    assertThat(memory.frames.mmId(folio, 0)).isEqualTo(second.vmMm.mmId());
  }

  @Test
  void a_third_one_without_a_slot_changes_nobodys() {
    counts.folioSetLargeMapcount(folio, 2, first);
    counts.folioAddReturnLargeMapcount(folio, 1, second);
    int references = memory.frames.refcount(folio + 3) + memory.frames.refcount(folio + 4);
    int flags = memory.frames.flags(folio + 3) ^ memory.frames.flags(folio + 4);
    counts.folioAddReturnLargeMapcount(folio, 7, third);
    counts.folioSubReturnLargeMapcount(folio, 6, third);
    assertThat(memory.frames.mmId(folio, 0)).isEqualTo(first.vmMm.mmId());
    assertThat(memory.frames.mmId(folio, 1)).isEqualTo(second.vmMm.mmId());
    assertThat(memory.frames.mmIdMapcountRaw(folio, 0)).isEqualTo(1);
    assertThat(memory.frames.mmIdMapcountRaw(folio, 1)).isZero();
    assertThat(memory.frames.refcount(folio + 3) + memory.frames.refcount(folio + 4))
        .isEqualTo(references);
    assertThat(memory.frames.flags(folio + 3) ^ memory.frames.flags(folio + 4)).isEqualTo(flags);
    assertThat(folios.folioMapcount(folio)).isEqualTo(4);
  }

  @Test
  void one_that_nobody_maps_is_the_next_ones_alone_with_all_its_pages() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioSubReturnLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 2, second);
    assertThat(folios.folioMaybeMappedShared(folio)).isFalse();
  }

  @Test
  void a_slot_stays_its_owners_until_its_last_page_is_unmapped() {
    counts.folioSetLargeMapcount(folio, 1, first);
    counts.folioAddReturnLargeMapcount(folio, 2, second);
    counts.folioSubReturnLargeMapcount(folio, 1, second);
    assertThat(memory.frames.mmId(folio, 1)).isEqualTo(second.vmMm.mmId());
    assertThat(memory.frames.mmIdMapcountRaw(folio, 1)).isZero();
    counts.folioSubReturnLargeMapcount(folio, 1, second);
    assertThat(memory.frames.mmId(folio, 1)).as("nobody's").isZero();
    assertThat(memory.frames.mmIdMapcountRaw(folio, 1)).isEqualTo(-1);
  }
}
