// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.testing.Scenarios;

/** The scenarios that tell strategies from each other hold under every profile. */
final class TellingScenariosTest {
  static Stream<Arguments> all() throws Exception {
    List<Arguments> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(Scenarios.folder().resolve("telling"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".scenario")).sorted().toList()) {
        for (String profile : Scenarios.profiles()) {
          all.add(Arguments.of(file.getFileName().toString(), profile, file));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} under {1}")
  @MethodSource("all")
  void holds(String name, String profile, Path file) throws Exception {
    var document = Scenarios.run(profile, ScenarioParser.parse(file)).document();
    assertThat(document.failures()).as(name).isEmpty();
    assertThat(document.reports().stream().skip(document.expectedReports()).toList())
        .as("reports that nobody expected")
        .isEmpty();
  }
}
