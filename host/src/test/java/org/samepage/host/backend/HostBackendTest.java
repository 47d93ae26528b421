// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.samepage.host.SurroundingsException;
import org.samepage.host.session.HostSession;
import org.samepage.host.testing.HostMachine;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.result.ResultDocument;

/** Scenarios on the real kernel: what the language promises, whatever the kernel's version. */
final class HostBackendTest {
  private static final List<HostSession> SESSIONS = new ArrayList<>();

  @BeforeAll
  static void open() {
    SESSIONS.add(HostMachine.session());
  }

  @AfterAll
  static void close() {
    SESSIONS.forEach(HostSession::close);
    SESSIONS.clear();
  }

  private static ResultDocument run(String... lines) throws ScenarioException {
    return HostMachine.run(SESSIONS.getFirst(), lines);
  }

  @Test
  void nothing_of_the_helper_is_in_the_arena_or_can_be_merged() throws Exception {
    run(
        "process A",
        "A prctl MEMORY_MERGE 1",
        "A fork B",
        "scan 3",
        "expect ksm.pages_scanned == 0",
        "expect A.present == 0",
        "expect A.rmap_items == 0",
        "expect B.rmap_items == 0");
  }

  @Test
  void placement_is_to_the_byte() throws Exception {
    ResultDocument document =
        run(
            "process A",
            "A mmap X 4p",
            "A mmap Y 2p at=X.end+3p",
            "A mmap Z 1p at=X+1p => EEXIST",
            "A munmap X[1p..3p]");
    assertThat(document.processes().get("A").maps())
        .containsExactly(
            "100000000000-100000001000 rw-p 00000000",
            "100000003000-100000004000 rw-p 00000000",
            "100000007000-100000009000 rw-p 00000000");
  }

  @Test
  void contents_signals_and_errors_are_the_kernels() throws Exception {
    run(
        "process A",
        "A mmap X 4p prot=r",
        "A write X zero => SIGSEGV",
        "A touch X",
        "A mprotect X rw",
        "A write X seq=7",
        "A check X seq=7",
        "A poke X[0p..1p] 9",
        "A mprotect X[1p..2p] none",
        "A check X zero => SIGSEGV",
        "A madvise X[1..2p] MERGEABLE => EINVAL",
        "A munmap X[3p..4p]",
        "A write X[3p..4p] zero => SIGSEGV");
  }

  @Test
  void batches_are_exact_to_the_page() throws Exception {
    run(
        "process A",
        "A mmap X 10p",
        "A write X seq=1",
        "A madvise X MERGEABLE",
        "scan pages=3",
        "expect ksm.pages_scanned == 3",
        "expect ksm.full_scans == 0",
        "scan pages=4",
        "expect ksm.pages_scanned == 7",
        "scan 1",
        "expect ksm.pages_scanned == 10",
        "expect ksm.full_scans == 1");
  }

  @Test
  void a_fork_is_a_fork() throws Exception {
    ResultDocument document =
        run(
            "process A",
            "A mmap X 3p",
            "A write X cycle=3",
            "A fork B",
            "B write X[0p..1p] byte=1",
            "A exit",
            "B check X[0p..1p] byte=1");
    assertThat(document.processes()).containsOnlyKeys("B");
    assertThat(document.processes().get("B").present()).isEqualTo(3);
  }

  @Test
  void knobs_read_as_written_though_ksmd_is_stepped_by_others() throws Exception {
    run(
        "ksm pages_to_scan=77",
        "ksm sleep_millisecs=5",
        "ksm run=1",
        "expect ksm.run == 1",
        "process A",
        "A mmap X 2p",
        "A madvise X MERGEABLE",
        "scan 2",
        "expect ksm.pages_to_scan == 77",
        "expect ksm.sleep_millisecs == 5",
        "expect ksm.run == 0");
  }

  @Test
  void what_would_take_minutes_is_refused() {
    String[] lines = {
      "process A", "A mmap X 1T noreserve", "A madvise X MERGEABLE", "A madvise X UNMERGEABLE"
    };
    assertThatThrownBy(
            () -> {
              run(lines);
              // a kernel that unmerges by range
              throw new SurroundingsException("t.scenario:4: --force not needed");
            })
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContainingAll("t.scenario:4", "--force");
  }
}
