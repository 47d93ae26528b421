// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;
import org.samepage.host.SurroundingsException;
import org.samepage.host.session.HostSession;
import org.samepage.host.session.Requirements;
import org.samepage.machine.config.ConfigSource;
import org.samepage.selftests.host.HostBed;
import org.samepage.selftests.run.CaseRunner;
import org.samepage.selftests.run.Outcome;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Status;
import org.samepage.selftests.run.Suites;
import org.samepage.selftests.testing.Beds;
import org.samepage.selftests.testing.Recorded;

/** On the real kernel each case says what upstream's program said there: the cases are right. */
final class HostSelftestsTest {
  /**
   * Of a case: a page that waits in a processor's batch, or is held for a moment, is passed over.
   */
  private static final int CHANCES = 3;

  /** Of a case that another machine may not be able to run, or may: NUMA, swap, huge pages. */
  private static boolean isMatterOfTheMachine(Status status, Status recorded) {
    return status == Status.SKIP || recorded == Status.SKIP;
  }

  private static boolean agrees(Status status, Status recorded) {
    return status == recorded || isMatterOfTheMachine(status, recorded);
  }

  @Test
  void every_case_says_what_upstreams_program_said() {
    assumeTrue(
        Requirements.kernelVersion().startsWith("6.18."), "recorded on 6.18; this is another");
    Map<String, Recorded.Result> recorded = Recorded.all();
    Map<String, String> different = new TreeMap<>();
    int compared = 0;
    try (HostSession session = session()) {
      Map<String, String> ksm = Beds.configs().load(ConfigSource.ofProfile("linux-6.18")).ksm();
      CaseRunner runner = new CaseRunner(new HostBed(session, ksm), () -> 0);
      for (Suites.Choice choice : Suites.choose(List.of())) {
        for (Selftest test : choice.cases()) {
          Recorded.Result expected = recorded.get(test.id());
          Status wanted = expected == null ? Status.PASS : expected.status();
          Outcome outcome = runner.run(test);
          for (int i = 1; i < CHANCES && !agrees(outcome.status(), wanted); i++) {
            outcome = runner.run(test);
          }
          if (!agrees(outcome.status(), wanted)) {
            different.put(test.id(), outcome + ", recorded " + wanted);
          }
          compared += outcome.status() == Status.SKIP ? 0 : 1;
        }
      }
    }
    assertThat(different).isEmpty();
    assertThat(compared).isGreaterThan(150);
  }

  private static HostSession session() {
    try {
      HostSession session = HostSession.open(files -> true, false, line -> {});
      if (session == null) {
        throw new AssertionError("consent was given");
      }
      return session;
    } catch (SurroundingsException e) {
      throw new TestAbortedException(e.getMessage());
    }
  }
}
