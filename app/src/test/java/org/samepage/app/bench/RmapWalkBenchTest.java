// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.app.workbench.Workbench;

/** The counts of the benchmark, which repeat exactly; its times are asserted nowhere. */
final class RmapWalkBenchTest {
  private final Workbench workbench = new Workbench();
  private final RmapWalkBench bench = new RmapWalkBench(workbench, 0);

  @Test
  void all_strategies_of_the_point_are_measured() {
    assertThat(bench.strategies())
        .containsExactly(
            "address-bounded",
            "address-bounded-fallback",
            "full-range",
            "pgoff-bounded",
            "pgoff-bounded-fallback");
  }

  /** As posted, with 22,169 VMAs; the walk is try_to_unmap's own. */
  @ParameterizedTest(name = "{0} under {1}: {2}, {3}, {4}, {5} entries, {6} second passes")
  @CsvSource({
    "L1, full-range, 22169, 22168, 0, 2, 0",
    "L1, address-bounded, 1, 0, 0, 2, 0",
    "L1, address-bounded-fallback, 1, 0, 0, 2, 0",
    "L1, pgoff-bounded, 1, 0, 0, 2, 0",
    "L1, pgoff-bounded-fallback, 1, 0, 0, 2, 0",
    "L2, full-range, 66507, 66504, 2, 6, 0",
    "L2, address-bounded, 3, 0, 2, 6, 0",
    "L2, address-bounded-fallback, 3, 0, 2, 6, 0",
    "L2, pgoff-bounded, 3, 0, 2, 6, 0",
    "L2, pgoff-bounded-fallback, 3, 0, 2, 6, 0",
    "L3, full-range, 2, 1, 0, 16, 0",
    "L3, address-bounded, 0, 0, 0, 0, 0",
    "L3, address-bounded-fallback, 2, 1, 0, 16, 1",
    "L3, pgoff-bounded, 1, 0, 0, 16, 0",
    "L3, pgoff-bounded-fallback, 1, 0, 0, 16, 0"
  })
  void counts_are_the_posted_ones(
      WalkLayout layout,
      String strategy,
      long iterations,
      long outOfRange,
      long mmMismatch,
      long found,
      long secondPasses)
      throws Exception {
    RmapWalkRow row = bench.row(layout, strategy, WalkLayout.Size.POSTED);
    assertThat(
            new long[] {
              row.iterations(),
              row.outOfRange(),
              row.mmMismatch(),
              row.ptesFound(),
              row.secondPasses()
            })
        .containsExactly(iterations, outOfRange, mmMismatch, found, secondPasses);
  }

  /**
   * 256 items of the walked page, 20,000 VMAs, two passes: each walks all VMAs for each item, or
   * one. The restore after a migration finds nobody mapped before it, so a fallback cannot know
   * that it has found all, and looks everywhere.
   */
  @ParameterizedTest(name = "{0}: {1} visits")
  @CsvSource({
    "full-range, 10240000",
    "address-bounded, 512",
    "pgoff-bounded, 512",
    "address-bounded-fallback, 10240512",
    "pgoff-bounded-fallback, 10240512"
  })
  void the_posted_layout_needs_two_visits_an_item_where_the_walk_is_bounded(
      String strategy, long visits) throws Exception {
    PostedRow row =
        new PostedBenchmark(workbench, bench, PostedBenchmark.PAGES).row(strategy, "ksm");
    assertThat(row.visits()).isEqualTo(visits);
    assertThat(row.count()).as("try_to_migrate and remove_migration_ptes").isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"anon", "file"})
  void other_pages_know_their_index_and_are_visited_once(String type) throws Exception {
    PostedRow row = new PostedBenchmark(workbench, bench, 200).row("full-range", type);
    assertThat(row.visits()).isEqualTo(1);
    assertThat(row.count()).isEqualTo(2);
  }
}
