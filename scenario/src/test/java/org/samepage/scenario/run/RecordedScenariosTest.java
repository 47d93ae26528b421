// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultJson;
import org.samepage.scenario.testing.Scenarios;

/** The port against the results that a real Linux 6.18 gave on the same system calls. */
final class RecordedScenariosTest {
  /** Would probe 8,589,934,592 addresses a pass. */
  private static final Set<String> TOO_LARGE_BY_ADDRESS =
      Set.of("seed-001", "sparse-32tib", "sparse-starves");

  private static final List<String> ENDS = List.of(".expected.json", ".expected-6.18.json");

  static Stream<Arguments> recorded() throws Exception {
    List<Arguments> all = new ArrayList<>();
    for (String end : ENDS) {
      try (Stream<Path> files = Files.walk(Scenarios.folder())) {
        for (Path file : files.filter(f -> f.toString().endsWith(end)).sorted().toList()) {
          String name = file.getFileName().toString().replace(end, "");
          for (String profile : Scenarios.profiles()) {
            if (!(profile.equals("linux-6.17") && TOO_LARGE_BY_ADDRESS.contains(name))) {
              all.add(Arguments.of(name, profile, file));
            }
          }
        }
      }
    }
    return all.stream();
  }

  private static Path file(String name) {
    return Scenarios.folder().resolve(name + ".scenario");
  }

  @ParameterizedTest(name = "{0} under {1}")
  @MethodSource("recorded")
  void equals_the_recorded_result(String name, String profile, Path expected) throws Exception {
    Path scenario = expected.resolveSibling(name + ".scenario");
    var document = Scenarios.run(profile, ScenarioParser.parse(scenario)).document();
    assertThat(ResultComparison.differences(ResultJson.tree(document), ResultJson.read(expected)))
        .isEmpty();
    boolean guards = Files.readString(scenario).contains("GUARD_INSTALL");
    if (profile.equals("ksm-v3") && guards) {
      assertThat(document.reports()).allMatch(report -> report.kind().equals("bad_page_map"));
    } else {
      assertThat(document.reports()).isEmpty();
    }
  }

  @Test
  void the_v3_walk_takes_a_guard_for_a_page_as_it_did_on_linux() throws Exception {
    var document = Scenarios.run("ksm-v3", ScenarioParser.parse(file("guard-markers"))).document();
    assertThat(document.reports())
        .isNotEmpty()
        .allMatch(report -> report.text().contains("pte:fffffffffffff600"));
  }

  @Test
  void a_range_walk_reads_few_entries_of_32_tib() throws Exception {
    for (String profile : List.of("linux-6.18", "ksm-v3")) {
      var work =
          Scenarios.run(profile, ScenarioParser.parse(file("sparse-32tib"))).document().work();
      long entries =
          work.get("pgd_entries")
              + work.get("pud_entries")
              + work.get("pmd_entries")
              + work.get("ptes_read");
      assertThat(entries).as(profile).isLessThan(10_000);
      assertThat(work).containsEntry("addresses_probed", 0L);
    }
  }

  @Test
  void by_address_a_sparse_process_starves_those_behind_it() throws Exception {
    try (PortBackend backend = Scenarios.boot("linux-6.17")) {
      backend.machine().probeBudget().limit(1 << 24);
      assertThatThrownBy(
              () ->
                  ScenarioRunner.run(
                      ScenarioParser.parse(file("sparse-starves")), backend, line -> {}))
          .isInstanceOfSatisfying(
              ProbeLimitException.class,
              e -> assertThat(e.needed()).isEqualTo(8_589_934_592L + 2000));
      assertThat(backend.ksm("pages_shared")).isZero();
      assertThat(backend.ksm("pages_scanned")).as("the sparse process's page alone").isEqualTo(1);
      assertThat(backend.work()).containsEntry("ksmd_sleeps", 0L);
    }
  }
}
