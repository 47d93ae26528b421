// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.testing.Scenarios;
import org.samepage.scenario.testing.Scenarios.Outcome;

final class ScenarioRunnerTest {
  @Test
  void placement_is_the_same_on_every_backend() throws Exception {
    Outcome outcome =
        Scenarios.run(
            "process A",
            "A mmap X 5000",
            "A mmap Y 2M",
            "A mmap Z 1 at=0x200000000000",
            "A mmap W 4p",
            "A mmap V 4p at=Z.end+1M",
            "A mmap T 4p at=W+0x100000",
            "A mmap X 4p at=X => EEXIST",
            "A mmap L 4p");
    assertThat(outcome.document().processes().get("A").maps())
        .containsExactly(
            "100000000000-100000002000 rw-p 00000000",
            "100000400000-100000600000 rw-p 00000000",
            "100000800000-100000804000 rw-p 00000000",
            "100000900000-100000904000 rw-p 00000000",
            "100000c00000-100000c04000 rw-p 00000000",
            "200000000000-200000001000 rw-p 00000000",
            "200000101000-200000105000 rw-p 00000000");
  }

  @Test
  void a_failed_expectation_and_a_failed_check_are_recorded_and_the_scenario_goes_on()
      throws Exception {
    Outcome outcome =
        Scenarios.run(
            "process A",
            "A mmap X 4p",
            "A write X byte=1",
            "A poke X[2p] 2",
            "expect  A.present   == 5",
            "A check X byte=1",
            "A check X[3p] byte=1",
            "expect A.frames >= 4",
            "show A.present A.vmas");
    assertThat(outcome.document().failures())
        .containsExactly(
            "t.scenario:5: expect  A.present   == 5: saw 4",
            "t.scenario:6: check X byte=1: page 2 byte 0: expected 01, saw 02");
    assertThat(outcome.shown()).containsExactly("A.present=4 A.vmas=1");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "A munmap X|unknown process A; there are none",
        "process A;A write X zero|unknown mapping X; there are none",
        "process A;A mmap X 4p;A write Y zero|unknown mapping Y; there are X",
        "process A;process A|there is a process A already",
        "process A;A exit;A mmap X 4p|process A has exited; there are none",
        "process A;process B;C exit|unknown process C; there are A, B",
        "ksm pages_shared=1|ksm pages_shared cannot be written; there are advisor_max_cpu",
        "expect ksm.pages == 1|unknown subject ksm.pages; there are advisor_max_cpu",
        "process A;A mmap X 4p at=0x1000|0x1000 is outside the arena from 0x100000000000 to",
        "process A;A mmap X 4p at=0x700000000000|outside the arena",
        "process A;A mmap X 97T|outside the arena",
        "process A;A mmap X 0|A mmap X 0: failed with EINVAL",
        "process A;A mmap X 0 => ENOMEM|should have failed with ENOMEM, but failed with EINVAL",
        "process A;A mmap X 4p => EEXIST|A mmap X 4p => EEXIST, but it did not fail",
        "process A;A mmap X 4p prot=r;A write X zero|A write X zero: failed with SIGSEGV",
        "ksm max_page_sharing=1|ksm max_page_sharing=1: failed with EINVAL",
        "ksm run=2 max_page_sharing=0 => EBUSY|should have failed with EBUSY",
        "process A;A mmap X 4p file=F|unknown file F; there are none",
        "file F 1p zero;file G 1p zero;process A;A mmap X 4p file=H|unknown file H; there are F, G",
        "file F 1p zero;file F 1p zero|there is a file F already",
        "process A;A mmap X 512p shared;A madvise X COLLAPSE|not supported yet: collapsing pages"
            + " of",
        "ksm advisor_mode=scan-time pages_to_scan=7|ksm advisor_mode=scan-time pages_to_scan=7:"
            + " failed with EINVAL",
        "ksm advisor_mode=fast|failed with EINVAL"
      })
  void a_statement_that_cannot_be_carried_out_stops_with_its_line(String script, String says) {
    String[] lines = script.split(";");
    assertThatThrownBy(() -> Scenarios.run(lines))
        .isInstanceOf(ScenarioException.class)
        .hasMessageStartingWith("t.scenario:" + lines.length + ": ")
        .hasMessageContaining(says);
  }

  @Test
  void a_failing_access_keeps_what_came_before_it() throws Exception {
    Outcome outcome =
        Scenarios.run(
            "process A",
            "A mmap X 4p",
            "A write X[0..6p] byte=3 => SIGSEGV",
            "expect A.present == 4",
            "A check X byte=3");
    assertThat(outcome.document().failures()).isEmpty();
  }

  @Test
  void a_scan_leaves_run_at_0_and_a_batch_does_not_end_the_pass_it_completes() throws Exception {
    Outcome outcome =
        Scenarios.run(
            "process A",
            "A mmap X 8p",
            "A madvise X MERGEABLE",
            "A write X id=1",
            "ksm run=1",
            "expect ksm.run == 1",
            "scan pages=8",
            "expect ksm.run == 0",
            "expect ksm.pages_scanned == 8",
            "expect ksm.full_scans == 0",
            "scan pages=5",
            "expect ksm.full_scans == 1",
            "expect ksm.pages_scanned == 8",
            "scan pages=3",
            "scan 1",
            "expect ksm.full_scans == 2",
            "expect ksm.pages_scanned == 16");
    assertThat(outcome.document().failures()).isEmpty();
  }

  @Test
  void without_a_registered_process_there_is_no_pass() throws Exception {
    Outcome outcome =
        Scenarios.run("process A", "A mmap X 8p", "scan 5", "expect ksm.full_scans == 0");
    assertThat(outcome.document().failures()).isEmpty();
  }

  @Test
  void an_exited_process_is_left_out_and_its_frames_are_nobodys() throws Exception {
    Outcome outcome =
        Scenarios.run(
            "process A",
            "process B",
            "A mmap X 8p",
            "A madvise X MERGEABLE",
            "A write X id=1",
            "B mmap X 2p",
            "B write X id=2",
            "scan 2",
            "A exit",
            "scan 1");
    assertThat(outcome.document().processes()).containsOnlyKeys("B");
    assertThat(outcome.document().sharing()).isEqualTo(List.of(List.of(1L, 2L)));
    assertThat(outcome.document().ksm()).containsEntry("pages_shared", 0L);
  }

  @Test
  void the_same_scenario_gives_the_same_document_work_included() throws Exception {
    String[] lines = {
      "process A", "A mmap X 64p", "A madvise X MERGEABLE", "A write X cycle=9", "scan 5"
    };
    assertThat(Scenarios.run(lines)).isEqualTo(Scenarios.run(lines));
  }
}
