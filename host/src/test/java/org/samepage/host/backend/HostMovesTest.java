// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.samepage.host.SurroundingsException;
import org.samepage.host.session.HostSession;
import org.samepage.host.testing.HostMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.scenario.lang.ScenarioException;

/** migrate, swapout and offline on the real kernel, as far as this machine can. */
final class HostMovesTest {
  private static void run(String... lines) throws ScenarioException {
    try (HostSession session = HostMachine.session()) {
      var _ = HostMachine.run(session, lines);
    }
  }

  /** What move_pages(2) says of a page, and of the call. */
  @Test
  void a_page_that_is_not_there_is_passed_over_and_one_that_stays_is_busy() {
    assertThat(HostMoves.error(0, 0)).isZero();
    assertThat(HostMoves.error(0, 1)).as("its node").isZero();
    assertThat(HostMoves.error(0, -Errno.ENOENT)).as("not there").isZero();
    assertThat(HostMoves.error(0, -Errno.EFAULT)).as("the zero page, or no VMA").isZero();
    assertThat(HostMoves.error(0, -Errno.EACCES)).isEqualTo(-Errno.EACCES);
    assertThat(HostMoves.error(1, 0)).as("one was left").isEqualTo(-Errno.EBUSY);
    assertThat(HostMoves.error(-Errno.ENODEV, 0)).isEqualTo(-Errno.ENODEV);
  }

  @Test
  void pages_that_are_on_the_node_stay_and_a_node_that_is_not_there_is_an_error() throws Exception {
    run(
        "process A",
        "A mmap X 8p",
        "A write X[0..4p] seq=0",
        "A touch X[4p..5p]",
        "A fork B",
        "B migrate X node=0",
        "A migrate X node=1000 => ENODEV",
        "A check X[0..4p] seq=0",
        "expect A.frames == 5");
  }

  /** On a machine with another node alone. */
  @Test
  void a_merged_page_moves_to_another_node_and_all_that_share_it_find_it_there() throws Exception {
    HostMachine.demand();
    assumeTrue(HostMemory.nodes() > 1, "one NUMA node: nowhere to move to");
    run(
        "process A",
        "A mmap X 8p",
        "A write X byte=1",
        "A madvise X MERGEABLE",
        "scan 2",
        "expect A.frames == 1",
        "A migrate X node=1",
        "A migrate X node=0",
        "expect A.frames == 1",
        "A check X byte=1");
  }

  @Test
  void what_no_system_call_can_do_is_refused_with_the_reason() {
    HostMachine.demand();
    assertThatThrownBy(() -> run("process A", "A mmap X 1p", "A write X byte=1", "A migrate X"))
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContainingAll("migrate", "its own node", "node=N");
    assertThatThrownBy(() -> run("process A", "A mmap X 1p", "A write X byte=1", "A offline X"))
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContainingAll("offline", "port");
  }

  @Test
  void without_swap_nothing_is_swapped_out() {
    HostMachine.demand();
    assumeTrue(!HostMemory.hasSwap(), "swap is on");
    assertThatThrownBy(() -> run("process A", "A mmap X 1p", "A write X byte=1", "A swapout X"))
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContaining("no swap is on here");
  }

  @Test
  void a_page_that_nobody_else_maps_goes_to_swap_and_comes_back() throws Exception {
    demandSwap();
    run(
        "process A",
        "A mmap X 8p",
        "A write X[0..4p] seq=0",
        "A touch X[4p]",
        "A mlock X[0]",
        "A swapout X[1p..8p]",
        "expect A.present == 2",
        "A swapout X => EBUSY",
        "A check X[0..4p] seq=0",
        "expect A.present == 5",
        "expect A.frames == 5");
  }

  /** The split that comes first puts the zero page where there were zeros. */
  @Test
  void of_a_huge_page_that_is_half_empty_the_rest_goes() throws Exception {
    demandSwap();
    run(
        "process A",
        "A mmap X 512p",
        "A madvise X HUGEPAGE",
        "A write X[0..10p] id=1",
        "A swapout X[20p]",
        "expect A.present == 512",
        "A swapout X[5p]",
        "expect A.present == 511",
        "A swapout X",
        "expect A.present == 502",
        "expect A.frames == 1");
  }

  @Test
  void a_page_that_others_map_too_stays_and_that_is_said() {
    demandSwap();
    assertThatThrownBy(
            () -> run("process A", "A mmap X 1p", "A write X byte=1", "A fork B", "A swapout X"))
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContaining("mapped more than once");
  }

  private static void demandSwap() {
    HostMachine.demand();
    assumeTrue(HostMemory.hasSwap(), "no swap is on");
  }
}
