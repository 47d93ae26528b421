// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.units.PageUnits;

final class FoliosTest {
  private final MemoryLayout layout = new MemoryLayout(2, 20_000);
  private final TestMemory memory = new TestMemory(layout);
  private final Sched sched = memory.sched;
  private final Frames frames = memory.frames;
  private final PageAllocator allocator = memory.allocator;
  private final PageContents contents = memory.contents;
  private final Folios folios = memory.folios;

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void a_new_folio_has_one_reference_no_mapping_and_zeros() {
    int pfn = folios.vmaAllocFolioNoprof(0);
    assertThat(folios.folioRefCount(pfn)).isEqualTo(1);
    assertThat(folios.folioMapcount(pfn)).isZero();
    assertThat(folios.folioMapped(pfn)).isFalse();
    assertThat(folios.folioTestAnon(pfn)).isFalse();
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    Arrays.fill(page, (byte) 1);
    folios.readPage(pfn, page);
    assertThat(page).containsOnly(0);
  }

  @Test
  void the_last_put_clears_mapping_flags_and_contents_and_gives_the_frame_back() {
    int pfn = folios.vmaAllocFolioNoprof(0);
    folios.setByte(pfn, 5, (byte) 9);
    frames.setMapping(pfn, FolioMapping.KSM_WITHOUT_NODE);
    frames.setIndex(pfn, 0x7_f2ae_1511L);
    folios.folioMarkDirty(pfn);
    folios.folioGet(pfn);
    folios.folioPut(pfn);
    assertThat(folios.folioTestKsm(pfn)).as("still held").isTrue();
    assertThat(frames.index(pfn)).isEqualTo(0x7_f2ae_1511L);
    long used = allocator.pagesInUse();
    folios.folioPut(pfn);
    assertThat(folios.folioRawMapping(pfn)).isNull();
    assertThat(folios.folioTryGet(pfn)).as("a freed folio cannot be got").isFalse();
    assertThat(allocator.pagesInUse()).isEqualTo(used - 1);
    int again = folios.vmaAllocFolioNoprof(0);
    assertThat(again).as("freed last, handed out first").isEqualTo(pfn);
    assertThat(folios.byteAt(again, 5)).as("no bytes of its former life").isZero();
    assertThat(folios.folioTestDirty(again)).isFalse();
  }

  @Test
  void putting_once_too_often_and_freeing_what_is_mapped_are_errors() {
    int pfn = folios.vmaAllocFolioNoprof(0);
    frames.setMapcountRaw(pfn, 0);
    assertThatThrownBy(() -> folios.folioPut(pfn)).hasMessageContaining("mapped");
    int other = folios.vmaAllocFolioNoprof(0);
    folios.folioPut(other);
    assertThatThrownBy(() -> folios.folioPut(other)).hasMessageContaining("once too often");
  }

  @Test
  void mapping_kinds_are_told_by_the_object() {
    int pfn = folios.vmaAllocFolioNoprof(0);
    frames.setMapping(pfn, () -> FolioMapping.FOLIO_MAPPING_ANON);
    assertThat(folios.folioTestAnon(pfn)).isTrue();
    assertThat(folios.folioTestKsm(pfn)).isFalse();
    frames.setMapping(pfn, FolioMapping.KSM_WITHOUT_NODE);
    assertThat(folios.folioTestAnon(pfn)).as("a KSM folio is anonymous too").isTrue();
    assertThat(folios.folioTestKsm(pfn)).isTrue();
    frames.setMapping(pfn, () -> 0);
    assertThat(folios.folioTestAnon(pfn)).isFalse();
  }

  @Test
  void the_zero_page_is_shared_until_it_is_written_and_itself_never() {
    int pfn = folios.vmaAllocFolioNoprof(0);
    int slots = contents.slotsInUse();
    assertThat(folios.memcmpPages(pfn, Folios.ZERO_PFN)).isZero();
    folios.setByte(pfn, 4095, (byte) 1);
    assertThat(contents.slotsInUse()).isEqualTo(slots + 1);
    assertThat(folios.memcmpPages(pfn, Folios.ZERO_PFN)).isPositive();
    assertThat(folios.byteAt(pfn, 0)).isZero();
    assertThatThrownBy(() -> folios.setByte(Folios.ZERO_PFN, 0, (byte) 1))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void pages_compare_as_unsigned_bytes_and_count_up_to_the_difference() {
    int a = folios.vmaAllocFolioNoprof(0);
    int b = folios.vmaAllocFolioNoprof(0);
    folios.setByte(a, 100, (byte) 0x80);
    folios.setByte(b, 100, (byte) 0x7f);
    long before = sched.current().work.bytesCompared;
    assertThat(folios.memcmpPages(a, b)).as("0x80 is more than 0x7f").isPositive();
    assertThat(folios.memcmpPages(b, a)).isNegative();
    assertThat(sched.current().work.bytesCompared - before).isEqualTo(2 * 101);
    folios.setByte(b, 100, (byte) 0x80);
    assertThat(folios.memcmpPages(a, b)).isZero();
    assertThat(sched.current().work.bytesCompared - before).isEqualTo(2 * 101 + 4096);
  }

  @Test
  void a_copy_is_equal_and_a_copy_of_zeros_costs_nothing() {
    int from = folios.vmaAllocFolioNoprof(0);
    int to = folios.vmaAllocFolioNoprof(0);
    int slots = contents.slotsInUse();
    folios.copyMcUserHighpage(to, from);
    assertThat(contents.slotsInUse()).isEqualTo(slots);
    folios.setByte(from, 7, (byte) 7);
    folios.copyMcUserHighpage(to, from);
    assertThat(folios.memcmpPages(from, to)).isZero();
    folios.setByte(to, 7, (byte) 8);
    assertThat(folios.byteAt(from, 7)).as("not shared").isEqualTo((byte) 7);
    int zeros = folios.vmaAllocFolioNoprof(0);
    folios.copyMcUserHighpage(to, zeros);
    assertThat(folios.byteAt(to, 7)).as("zeros over what was there").isZero();
  }

  @Test
  void the_folio_lock_is_a_bit_of_the_frame() {
    int pfn = folios.vmaAllocFolioNoprof(0);
    assertThat(folios.folioTrylock(pfn)).isTrue();
    assertThat(folios.folioTrylock(pfn)).isFalse();
    assertThat(frames.testFlag(pfn, PageFlags.PG_LOCKED)).isTrue();
    folios.folioUnlock(pfn);
    folios.folioLock(pfn);
    folios.folioUnlock(pfn);
    assertThatThrownBy(() -> folios.folioUnlock(pfn)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void frames_come_from_the_node_asked_for_and_from_another_when_it_is_full() {
    int other = folios.vmaAllocFolioNoprof(1);
    assertThat(allocator.pfnToNid(other)).isEqualTo(1);
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      seen.add(folios.vmaAllocFolioNoprof(0));
    }
    assertThat(seen).hasSize(20_000).allMatch(pfn -> allocator.pfnToNid(pfn) == 0);
    assertThat(allocator.pfnToNid(folios.vmaAllocFolioNoprof(0))).isEqualTo(1);
    for (int i = 0; i < 20_000 - 2; i++) {
      folios.vmaAllocFolioNoprof(0);
    }
    assertThat(folios.vmaAllocFolioNoprof(0)).isEqualTo(Frames.NO_PAGE);
    assertThat(folios.vmaAllocFolioNoprof(1)).isEqualTo(Frames.NO_PAGE);
  }

  @Test
  void a_section_exists_only_where_a_frame_was_used() {
    assertThat(frames.pfnValid(Folios.ZERO_PFN)).isTrue();
    assertThat(frames.pfnValid(39_000)).isFalse();
    assertThat(frames.pfnValid(layout.endPfn())).isFalse();
    assertThat(frames.pfnValid(0xff_ffff_ffffL)).isFalse();
  }

  @Test
  void contents_keep_what_was_written_through_random_use() {
    SplittableRandom random = new SplittableRandom(3);
    List<Integer> pfns = new ArrayList<>();
    List<byte[]> expected = new ArrayList<>();
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    for (int i = 0; i < 3000; i++) {
      if (pfns.size() < 200 || random.nextBoolean()) {
        int pfn = folios.vmaAllocFolioNoprof(0);
        random.nextBytes(page);
        folios.writePage(pfn, page);
        pfns.add(pfn);
        expected.add(page.clone());
      } else {
        int at = random.nextInt(pfns.size());
        folios.readPage(pfns.get(at), page);
        assertThat(page).isEqualTo(expected.get(at));
        folios.folioPut(pfns.remove(/* index */ at));
        expected.remove(at);
      }
    }
    assertThat(contents.slotsInUse()).isEqualTo(pfns.size() + 1);
  }

  @Test
  void a_layout_that_cannot_be_is_refused() {
    assertThatThrownBy(() -> new MemoryLayout(0, 10)).hasMessageContaining("nodes");
    assertThatThrownBy(() -> new MemoryLayout(65, 10)).hasMessageContaining("nodes");
    assertThatThrownBy(() -> MemoryLayout.ofBytes(1, 1L << 43)).hasMessageContaining("8 TiB");
    assertThatThrownBy(() -> MemoryLayout.ofBytes(1, 100)).hasMessageContaining("one page");
  }
}
