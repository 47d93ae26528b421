// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.testing.Scenarios;

final class KernelLimitsTest {
  private static final String SWAP = "machine.swap=4096";
  private static final String NO_SWAP = "machine.swap=0";

  /** Of these lines, those that are left out for a kernel. */
  private static List<String> leftOut(String swap, String... lines) {
    try (PortBackend backend = Scenarios.bootToCompare("linux-6.18", swap)) {
      Rehearsal rehearsal = new Rehearsal("t", backend, Repertoire.SWAPPING_KERNEL);
      List.of(lines).forEach(line -> rehearsal.attempt(new Draft(line)));
      assertThat(rehearsal.problem()).isNull();
      return List.of(lines).stream()
          .filter(line -> rehearsal.lines().stream().noneMatch(kept -> kept.startsWith(line)))
          .toList();
    }
  }

  @Test
  void pages_that_others_map_too_are_not_swapped_out_one_by_one() {
    assertThat(
            leftOut(
                SWAP,
                "process A",
                "A mmap X 8p",
                "A write X seq=0",
                "A swapout X[4p..8p]",
                "A fork B",
                "A write X[2p] id=7",
                "A swapout X[2p]",
                "A swapout X[2p..4p]",
                "B madvise X PAGEOUT"))
        .containsExactly("A swapout X[2p..4p]");
  }

  @Test
  void memory_of_files_is_not_paged_out_nor_a_range_that_ends_in_it() {
    assertThat(
            leftOut(
                SWAP,
                "process A",
                "A mmap X 4p at=0x200000000000",
                "A mmap S 4p shared at=X.end",
                "A write X seq=0",
                "A write S seq=0",
                "A madvise S PAGEOUT",
                "A madvise X[2p..5p] PAGEOUT",
                "A swapout S",
                "A madvise S COLD",
                "A madvise X[2p..4p] PAGEOUT"))
        .containsExactly("A madvise S PAGEOUT", "A madvise X[2p..5p] PAGEOUT", "A swapout S");
  }

  private static final String[] HUGE = {
    "process A",
    "A mmap X 4M",
    "A madvise X HUGEPAGE",
    "A write X[0..8p] seq=0",
    "A poke X[2M] 1",
    "A madvise X[0..2M] PAGEOUT",
    "A swapout X[2p]",
    "A madvise X[514p..520p] PAGEOUT"
  };

  @Test
  void a_huge_page_that_would_go_to_swap_as_one_stays_and_one_page_of_it_may_go() {
    assertThat(leftOut(SWAP, HUGE)).containsExactly("A madvise X[0..2M] PAGEOUT");
  }

  @Test
  void without_swap_it_stays_in_any_case_and_is_split() {
    assertThat(leftOut(NO_SWAP, HUGE)).isEmpty();
  }

  @Test
  void a_huge_page_that_others_map_too_is_not_swapped_out() {
    assertThat(
            leftOut(
                SWAP,
                "process A",
                "A mmap X 2M",
                "A madvise X HUGEPAGE",
                "A write X[0..8p] seq=0",
                "A fork B",
                "A swapout X[2p]"))
        .containsExactly("A swapout X[2p]");
  }
}
