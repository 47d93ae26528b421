// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;
import org.samepage.selftests.run.CaseRunner;
import org.samepage.selftests.run.Outcome;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Status;
import org.samepage.selftests.run.Suites;
import org.samepage.selftests.testing.Beds;

/** Every case, on the port, under every profile whose strategies have no known fault. */
final class PortSelftestsTest {
  @TestFactory
  List<DynamicNode> the_kernels_selftests_hold_on_the_port_under() {
    List<DynamicNode> profiles = new ArrayList<>();
    for (String profile : Beds.correctProfiles()) {
      CaseRunner runner = new CaseRunner(Beds.port(profile), () -> 0);
      profiles.add(DynamicContainer.dynamicContainer(profile, suites(runner)));
    }
    return profiles;
  }

  private static List<DynamicNode> suites(CaseRunner runner) {
    List<DynamicNode> suites = new ArrayList<>();
    for (Suites.Choice choice : Suites.choose(List.of())) {
      List<DynamicNode> cases = new ArrayList<>();
      for (Selftest test : choice.cases()) {
        cases.add(
            DynamicTest.dynamicTest(test.id() + " " + test.name(), () -> demand(runner.run(test))));
      }
      suites.add(DynamicContainer.dynamicContainer(choice.suite().program(), cases));
    }
    return suites;
  }

  private static void demand(Outcome outcome) {
    if (outcome.status() == Status.SKIP) {
      throw new TestAbortedException(outcome.reason());
    }
    if (!outcome.isFine()) {
      throw new AssertionError(outcome.reason() + " " + outcome.lines());
    }
  }
}
