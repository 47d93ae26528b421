// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.app.workbench.Workbench;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What unmerging 32 TiB with one page costs, by each strategy and each call that does it. */
final class UnmergeBenchTest {
  private static final int LIMIT = 1 << 12;

  @Test
  void by_range_few_entries_are_read_and_by_address_every_call_is_stopped() throws Exception {
    List<UnmergeRow> rows = new UnmergeBench(new Workbench(), 3, LIMIT).rows();
    assertThat(rows)
        .extracting(row -> row.call() + " " + row.strategy())
        .containsExactlyInAnyOrder(
            "madvise per-address",
            "mremap per-address",
            "prctl per-address",
            "madvise range-walk",
            "mremap range-walk",
            "prctl range-walk");
    for (UnmergeRow row : rows) {
      boolean byRange = row.strategy().equals("range-walk");
      assertThat(row.probesNeeded()).isEqualTo(byRange ? null : 8_589_934_592L);
      assertThat(row.addressesProbed()).isEqualTo(byRange ? 0 : LIMIT);
      assertThat(row.pageWalks()).isEqualTo(byRange ? 1 : 0);
      assertThat(row.firstNanos()).isPositive();
      if (byRange) {
        assertThat(row.entries()).as("a table of each level at least").isBetween(1500L, 20_000L);
        assertThat(row.nanos()).isPositive();
      } else {
        assertThat(row.nanos()).isNull();
      }
    }
  }

  @Test
  void figures_are_named_as_the_reference_page_says() throws Exception {
    UnmergeRow row = new UnmergeRow("madvise", "per-address", 1, 2, 3, 4L, 5, null);
    JsonNode document = JsonMapper.shared().readTree(new UnmergeReport(List.of(row)).json());
    assertThat(document)
        .isEqualTo(
            JsonMapper.shared()
                .readTree(
                    """
                    {"rows":[{"call":"madvise","strategy":"per-address","entries":1,
                    "page_walks":2,"addresses_probed":3,"probes_needed":4,"first_nanos":5,
                    "nanos":null}]}\
                    """));
    RmapWalkReport walks =
        new RmapWalkReport(
            List.of(new RmapWalkRow("L1", "full-range", 1, 2, 3, 4, 5, 6, 7)),
            List.of(new PostedRow("full-range", "ksm", 1, 2, 3, 4)),
            List.of(new KernelWalk("first", 1, 2, 3)),
            null);
    assertThat(JsonMapper.shared().readTree(walks.json()))
        .isEqualTo(
            JsonMapper.shared()
                .readTree(
                    """
                    {"rows":[{"layout":"L1","strategy":"full-range","iterations":1,
                    "out_of_range":2,"mm_mismatch":3,"ptes_found":4,"second_passes":5,"visits":6,
                    "nanos":7}],
                    "posted":[{"strategy":"full-range","page_type":"ksm","visits":1,"max_ns":2,
                    "avg_ns":3,"count":4}],
                    "kernel":[{"mode":"first","vmas":1,"visits":2,"nanos":3}],
                    "no_kernel":null}\
                    """));
  }
}
