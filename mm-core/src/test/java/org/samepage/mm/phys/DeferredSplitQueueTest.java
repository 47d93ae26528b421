// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.testing.TestMemory;

final class DeferredSplitQueueTest {
  private final TestMemory memory = new TestMemory();
  private final Folios folios = memory.folios;
  private final DeferredSplitQueue queue = folios.deferredSplit();

  @AfterEach
  void close() {
    memory.close();
  }

  private int large() {
    return folios.vmaAllocFolioNoprof(0, HPAGE_PMD_ORDER);
  }

  @Test
  void a_folio_waits_once_however_often_it_is_put_there() {
    int folio = large();
    assertThat(queue.folioTestPartiallyMapped(folio)).isFalse();
    queue.deferredSplitFolio(folio);
    queue.deferredSplitFolio(folio);
    assertThat(queue.length()).isEqualTo(1);
    assertThat(queue.folioTestPartiallyMapped(folio)).isTrue();
  }

  @Test
  void the_one_that_waited_longest_is_taken_first_with_a_reference() {
    int first = large();
    int second = large();
    queue.deferredSplitFolio(second);
    queue.deferredSplitFolio(first);
    assertThat(queue.takeFirst(folios)).isEqualTo(second);
    assertThat(folios.folioRefCount(second)).isEqualTo(2);
    assertThat(queue.isQueued(second)).isFalse();
    assertThat(queue.folioTestPartiallyMapped(second)).as("who took it puts it back").isTrue();
    assertThat(queue.takeFirst(folios)).isEqualTo(first);
    assertThat(queue.takeFirst(folios)).isEqualTo(Frames.NO_PAGE);
  }

  @Test
  void one_that_is_freed_waits_no_more() {
    int folio = large();
    queue.deferredSplitFolio(folio);
    folios.folioPut(folio);
    assertThat(queue.length()).isZero();
    int again = large();
    assertThat(again).isEqualTo(folio);
    assertThat(queue.folioTestPartiallyMapped(again)).isFalse();
  }

  @Test
  void with_exactly_so_many_references_it_is_frozen_and_out() {
    int folio = large();
    queue.deferredSplitFolio(folio);
    assertThat(queue.freezeAndUnqueue(folio, 2)).isFalse();
    assertThat(queue.length()).isEqualTo(1);
    assertThat(queue.freezeAndUnqueue(folio, 1)).isTrue();
    assertThat(queue.length()).isZero();
    assertThat(folios.folioTryGet(folio)).isFalse();
  }

  @Test
  void the_pages_of_a_folio_that_was_taken_apart_are_folios_with_its_place_and_state() {
    int folio = large();
    FolioMapping mapping = () -> FolioMapping.FOLIO_MAPPING_ANON;
    folios.frames().setMapping(folio, mapping);
    folios.frames().setIndex(folio, 0x1000);
    folios.frames().setFlag(folio, PageFlags.PG_DIRTY | PageFlags.PG_UPTODATE);
    folios.setPageAnonExclusive(folio + 3);
    folios.setByte(folio + 3, 5, (byte) 9);
    folios.folioLock(folio);
    assertThat(queue.freezeAndUnqueue(folio, 1)).isTrue();
    CompoundPages.splitUnmappedFolioRaw(folios, memory.sched, folio, false);
    for (int page = folio; page < folio + HPAGE_PMD_NR; page++) {
      assertThat(folios.pageFolio(page)).isEqualTo(page);
      assertThat(folios.folioNrPages(page)).isEqualTo(1);
      assertThat(folios.folioRefCount(page)).isEqualTo(1);
      assertThat(folios.folioMapcount(page)).isZero();
      assertThat(folios.folioTestLocked(page)).isTrue();
      assertThat(folios.folioTestDirty(page)).isTrue();
      assertThat(folios.pageAnonExclusive(page)).as("who maps it, says so again").isFalse();
      assertThat(folios.frames().index(page)).isEqualTo(0x1000 + page - folio);
      assertThat(folios.folioRawMapping(page)).isSameAs(mapping);
    }
    assertThat(folios.byteAt(folio + 3, 5)).isEqualTo((byte) 9);
    for (int page = folio; page < folio + HPAGE_PMD_NR; page++) {
      folios.folioUnlock(page);
      folios.folioPut(page);
    }
    assertThat(memory.allocator.isFreeBuddyPage(folio + 3)).isTrue();
  }
}
