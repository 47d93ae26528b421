// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.samepage.selftests.table.ProfileTable;
import org.samepage.selftests.testing.Beds;

/** Every case, on the port, under every profile; what a profile is known for must fail there. */
final class PortSelftestsTest {
  private static final Path PAGE =
      Path.of(System.getProperty("samepage.root")).resolve("docs/reference/selftests.adoc");
  private static final String BEGIN = "// what the cases say begins\n";
  private static final String END = "// what the cases say ends\n";

  /**
   * The cases that the faults of a profile's strategies show in. v3's scan takes for a page what is
   * not present: guards and swap words. The walk by address finds no page that was moved before it
   * was merged.
   */
  private static final Map<String, Set<String>> KNOWN =
      Map.of(
          "ksm-v3", Set.of("OW-01", "OW-02", "OW-05"),
          "rmap-v3", Set.of("RM-05", "OW-07", "OW-08"));

  private final ProfileTable table = new ProfileTable(Suites.all());

  @TestFactory
  List<DynamicNode> the_kernels_selftests_hold_on_the_port_under() {
    List<DynamicNode> profiles = new ArrayList<>();
    for (String profile : Beds.profiles()) {
      CaseRunner runner = new CaseRunner(Beds.port(profile), () -> 0);
      profiles.add(DynamicContainer.dynamicContainer(profile, suites(profile, runner)));
    }
    profiles.add(DynamicTest.dynamicTest("the page says the same", this::comparePage));
    return profiles;
  }

  private List<DynamicNode> suites(String profile, CaseRunner runner) {
    Set<String> known = KNOWN.getOrDefault(profile, Set.of());
    List<DynamicNode> suites = new ArrayList<>();
    for (Suites.Choice choice : Suites.choose(List.of())) {
      List<DynamicNode> cases = new ArrayList<>();
      for (Selftest test : choice.cases()) {
        cases.add(
            DynamicTest.dynamicTest(
                test.id() + " " + test.name(),
                () -> {
                  Outcome outcome = runner.run(test);
                  table.add(profile, test, outcome);
                  demand(outcome, known.contains(test.id()));
                }));
      }
      suites.add(DynamicContainer.dynamicContainer(choice.suite().program(), cases));
    }
    return suites;
  }

  private static void demand(Outcome outcome, boolean fails) {
    if (fails) {
      assertThat(outcome.status()).as("a known fault of the profile").isEqualTo(Status.FAIL);
      return;
    }
    if (outcome.status() == Status.SKIP) {
      throw new TestAbortedException(outcome.reason());
    }
    if (!outcome.isFine()) {
      throw new AssertionError(outcome.reason() + " " + outcome.lines());
    }
  }

  private void comparePage() throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    String text = table.toAsciidoc();
    if (System.getProperty("samepage.format", "check").equals("write")) {
      Files.writeString(PAGE, page.substring(0, begin) + text + page.substring(end));
      return;
    }
    assertThat(page.substring(begin, end))
        .as("mvn -q -Pformat test -Dtest=PortSelftestsTest writes it")
        .isEqualTo(text);
  }
}
