// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.mm.testing.EvidenceListener;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultJson;
import org.samepage.scenario.testing.Scenarios;

/**
 * The port against the results that real kernels gave on the same system calls: 6.18 for profiles
 * of class A, 7.3 for class B.
 */
final class RecordedScenariosTest {
  /** Would probe 8,589,934,592 addresses a pass. */
  private static final Set<String> TOO_LARGE_BY_ADDRESS =
      Set.of("seed-001", "sparse-32tib", "sparse-starves");

  /**
   * What 7.3 gives otherwise than 6.18 where only 6.18 was recorded. Four pages before and four
   * behind those that cursor-mremap moves up last stand where merged pages stood, with items that
   * 6.18 still knows as three passes old: it passes over the eight once. In 7.3 an item that leaves
   * the stable tree starts anew (remove_rmap_item_from_tree zeroes the word that its index shares
   * with its age), so all eight are looked at. The layout alone does that, see below.
   */
  private static final Map<String, List<String>> FROM_RECORDED_TO_CLASS_B =
      Map.of(
          "cursor-mremap", List.of("ksm.pages_scanned: 804 / 796", "ksm.pages_skipped: 188 / 196"));

  private static final String A = ".expected.json";
  private static final Map<String, String> ENDS =
      Map.of(A, "", ".expected-6.18.json", "A", ".expected-7.3.json", "B");

  static Stream<Arguments> recorded() throws Exception {
    List<Arguments> all = new ArrayList<>();
    for (Map.Entry<String, String> end : ENDS.entrySet()) {
      try (Stream<Path> files = Files.walk(Scenarios.folder())) {
        for (Path file : files.filter(f -> f.toString().endsWith(end.getKey())).sorted().toList()) {
          String name = file.getFileName().toString().replace(end.getKey(), "");
          for (String profile : Scenarios.profiles()) {
            if (Scenarios.classOf(profile).startsWith(end.getValue())
                && !(profile.equals("linux-6.17") && TOO_LARGE_BY_ADDRESS.contains(name))) {
              all.add(Arguments.of(name, profile, file));
            }
          }
        }
      }
    }
    return all.stream();
  }

  @Test
  void every_class_has_its_recorded_results() throws Exception {
    assertThat(recorded().map(one -> Scenarios.classOf((String) one.get()[1])).distinct())
        .containsExactlyInAnyOrder("A", "B");
    assertThat(recorded().filter(one -> one.get()[1].equals("linux-7.3")).count())
        .as("ten with a result of 7.3, and what both give alike")
        .isEqualTo(recorded().filter(one -> one.get()[1].equals("linux-6.18")).count());
  }

  private static Path file(String name) {
    return Scenarios.folder().resolve(name + ".scenario");
  }

  @Tag(EvidenceListener.KERNEL)
  @ParameterizedTest(name = "{0} under {1}")
  @MethodSource("recorded")
  void equals_the_recorded_result(String name, String profile, Path expected) throws Exception {
    Path scenario = expected.resolveSibling(name + ".scenario");
    // profits of the layouts with a larger item are told apart below
    var backend = Scenarios.bootToCompare(profile);
    var document = Scenarios.run(backend, ScenarioParser.parse(scenario)).document();
    List<String> differences =
        Scenarios.classOf(profile).equals("B")
            ? FROM_RECORDED_TO_CLASS_B.getOrDefault(name, List.of())
            : List.of();
    assertThat(ResultComparison.differences(ResultJson.tree(document), ResultJson.read(expected)))
        .isEqualTo(differences);
    boolean guards = Files.readString(scenario).contains("GUARD_INSTALL");
    if (profile.equals("ksm-v3") && guards) {
      assertThat(document.reports()).allMatch(report -> report.kind().equals("bad_page_map"));
    } else {
      assertThat(document.reports()).isEmpty();
    }
  }

  /** With 6.18's layout, 7.3 gives what 6.18 gave; with 7.3's, 6.18 what 7.3 gave. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "seed-015",
        "seed-021",
        "seed-025",
        "seed-026",
        "seed-030",
        "seed-033",
        "seed-035",
        "seed-042",
        "seed-045",
        "seed-048"
      })
  void the_layout_of_an_item_makes_the_whole_difference_between_6_18_and_7_3(String name)
      throws Exception {
    Path scenario = Scenarios.folder().resolve("7.3").resolve(name + ".scenario");
    assertThat(
            differences(scenario, ".expected-6.18.json", "linux-7.3", "rmap-item-layout=separate"))
        .isEmpty();
    assertThat(
            differences(scenario, ".expected-7.3.json", "linux-6.18", "rmap-item-layout=overlay"))
        .isEmpty();
  }

  @Test
  void and_so_it_does_where_only_6_18_was_recorded() throws Exception {
    Path scenario = file("cursor-mremap");
    assertThat(differences(scenario, A, "linux-7.3", "rmap-item-layout=separate")).isEmpty();
    assertThat(differences(scenario, A, "linux-6.18", "rmap-item-layout=overlay"))
        .isEqualTo(FROM_RECORDED_TO_CLASS_B.get("cursor-mremap"));
  }

  private static List<String> differences(
      Path scenario, String recorded, String profile, String choice) throws Exception {
    String name = scenario.getFileName().toString().replace(".scenario", recorded);
    var backend = Scenarios.bootToCompare(profile, "strategy." + choice);
    var document = Scenarios.run(backend, ScenarioParser.parse(scenario)).document();
    return ResultComparison.differences(
        ResultJson.tree(document), ResultJson.read(scenario.resolveSibling(name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rmap-v4", "rmap-pgoff-fallback"})
  void an_item_of_72_bytes_leaves_8_less_of_each_profit(String profile) throws Exception {
    var document = Scenarios.run(profile, ScenarioParser.parse(file("merge-basic"))).document();
    assertThat(
            ResultComparison.differences(
                ResultJson.tree(document),
                ResultJson.read(Scenarios.folder().resolve("merge-basic" + A))))
        .containsExactly(
            "ksm.general_profit: %d / 1024000".formatted(1_024_000 - 8 * (256 + 128)),
            "processes.A.ksm.process_profit: %d / 1032192".formatted(1_032_192 - 8 * 256),
            "processes.B.ksm.process_profit: %d / 253952".formatted(253_952 - 8 * 128));
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
    List<String> byRange = new ArrayList<>(Scenarios.profiles());
    byRange.remove("linux-6.17");
    for (String profile : byRange) {
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
      assertThatThrownBy(() ->
              ScenarioRunner.run(ScenarioParser.parse(file("sparse-starves")), backend, line -> {}))
          .isInstanceOfSatisfying(
              ProbeLimitException.class,
              e -> assertThat(e.needed()).isEqualTo(8_589_934_592L + 2000));
      assertThat(backend.ksm("pages_shared")).isZero();
      assertThat(backend.ksm("pages_scanned")).as("the sparse process's page alone").isEqualTo(1);
      assertThat(backend.work()).containsEntry("ksmd_sleeps", 0L);
    }
  }
}
