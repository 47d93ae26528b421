// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.testing.Scenarios;

/** What a scenario says about memory: the machine it wants, pages that move, swap, go offline. */
final class MovingPagesTest {
  @ParameterizedTest
  @ValueSource(strings = {"swap-merged", "migrate-merged"})
  void scenarios_of_the_corpus_hold(String name) throws Exception {
    var scenario = ScenarioParser.parse(Scenarios.folder().resolve(name + ".scenario"));
    assertThat(Scenarios.run("linux-6.18", scenario).document().failures()).isEmpty();
  }

  @Test
  void the_machine_is_as_the_first_statement_says() throws Exception {
    var outcome =
        Scenarios.run(
            "machine nodes=2 swap=2",
            "process A",
            "A mmap X 4p",
            "A write X seq=0",
            "A migrate X[0..2p] node=1",
            "A migrate X[0] node=2 => ENODEV",
            "A swapout X => ENOSPC",
            "expect A.present == 3",
            "A check X seq=0");
    assertThat(outcome.document().failures()).isEmpty();
  }

  @Test
  void an_unknown_key_is_refused_where_it_stands() {
    assertThatThrownBy(() -> Scenarios.run("# first", "machine node=2", "process A"))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContaining("t.scenario:2")
        .hasMessageContaining("machine.node")
        .hasMessageContaining("machine.nodes");
  }

  @Test
  void an_expectation_under_a_profile_is_evaluated_there_alone() throws Exception {
    assertThat(Scenarios.run("expect@linux-6.17,ksm-v3 ksm.run == 9").document().failures())
        .isEmpty();
    assertThat(Scenarios.run("expect@linux-6.17,linux-6.18 ksm.run == 9").document().failures())
        .containsExactly("t.scenario:1: expect@linux-6.17,linux-6.18 ksm.run == 9: saw 0");
  }

  @Test
  void an_unknown_profile_is_refused_and_not_passed_over() {
    assertThatThrownBy(() -> Scenarios.run("process A", "expect@linux-6.1 ksm.run == 9"))
        .hasMessageContaining("t.scenario:2: unknown profile linux-6.1; there are");
  }

  @Test
  void work_and_reports_are_subjects() throws Exception {
    var outcome =
        Scenarios.run(
            "process A",
            "A mmap X 1p",
            "A write X byte=1",
            "A migrate X",
            "expect work.rmap_walks == 2",
            "expect reports == 0",
            "show work.ptes_found reports");
    assertThat(outcome.document().failures()).isEmpty();
    assertThat(outcome.shown()).containsExactly("work.ptes_found=2 reports=0");
  }

  @Test
  void offline_frames_stay_out_and_the_pages_stay_what_they_were() throws Exception {
    var outcome =
        Scenarios.run(
            "process A",
            "A mmap X 4p",
            "A write X seq=0",
            "A offline X[1p..3p]",
            "A check X seq=0");
    assertThat(outcome.document().failures()).isEmpty();
  }
}
