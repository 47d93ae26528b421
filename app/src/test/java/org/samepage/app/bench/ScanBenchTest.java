// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.app.workbench.Workbench;

/** What a pass must read follows from the algorithm; times are asserted nowhere. */
final class ScanBenchTest {
  private static final long PAGE = 4096;
  private static final int PAGES = 200;

  private final ScanBench bench = new ScanBench(new Workbench(), "linux-6.18");

  private List<ScanRow> rows(ScanContent content) throws Exception {
    return bench.measure(content, PAGES, null).rows();
  }

  @Test
  void the_first_pass_hashes_each_page_once_and_compares_none() throws Exception {
    for (ScanContent content : ScanContent.values()) {
      ScanRow first = rows(content).getFirst();
      assertThat(first.bytesHashed()).as(content.word()).isEqualTo(PAGES * PAGE);
      assertThat(first.bytesCompared()).as(content.word()).isZero();
    }
  }

  /** Each page but one is compared when its equal is found, and again once neither can change. */
  @Test
  void equal_pages_are_hashed_again_and_compared_twice_and_then_left_alone() throws Exception {
    List<ScanRow> rows = rows(ScanContent.SAME);
    assertThat(rows.get(1).bytesHashed()).isEqualTo(PAGES * PAGE);
    assertThat(rows.get(1).bytesCompared()).isEqualTo((PAGES - 1) * 2 * PAGE);
    for (ScanRow later : rows.subList(2, ScanBench.PASSES)) {
      assertThat(later.bytesHashed()).isZero();
      assertThat(later.bytesCompared()).isZero();
    }
  }

  @Test
  void distinct_pages_are_hashed_in_each_pass_and_compared_up_to_their_first_difference()
      throws Exception {
    List<ScanRow> rows = rows(ScanContent.DISTINCT);
    for (ScanRow later : rows.subList(1, ScanBench.PASSES)) {
      assertThat(later.bytesHashed()).isEqualTo(PAGES * PAGE);
      // a search of n pages looks at no more than 2 log2(n + 1) of them, mostly at one byte each
      assertThat(later.bytesCompared()).isBetween(PAGES * 5L, PAGES * 2 * 16L);
    }
  }

  @Test
  void merged_pages_take_the_contents_of_their_stable_nodes_and_leave_the_rest_free()
      throws Exception {
    int pages = 16_384;
    ScanBench.Result same = bench.measure(ScanContent.SAME, pages, null);
    int merged = (pages + 255) / 256; // max_page_sharing
    assertThat(same.contentsPerPage() * pages / PAGE).isBetween((double) merged, merged + 2.0);
    assertThat(same.freePerPage()).isGreaterThan(4000);
  }

  /** A page has an entry, a row of its frame and an item at least, and no object beyond those. */
  @Test
  void the_heap_that_a_page_takes_is_that_of_its_item_entry_and_frame() throws Exception {
    bench.measure(ScanContent.DISTINCT, 2, null); // loads classes
    ScanBench.Result distinct = bench.measure(ScanContent.DISTINCT, 16_384, null);
    assertThat(distinct.heapPerPage()).isBetween(40.0, 200.0);
  }
}
