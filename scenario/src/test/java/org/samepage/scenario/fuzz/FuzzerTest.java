// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultJson;
import org.samepage.scenario.testing.LyingBackend;
import org.samepage.scenario.testing.Scenarios;

final class FuzzerTest {
  private static final int OPS = 40;

  /** What moving scenarios have, and must have had success with. */
  private static final List<String> MOVING =
      List.of(
          " migrate ",
          " swapout ",
          " offline ",
          " thp=always",
          " thp=never",
          " HUGEPAGE",
          " NOHUGEPAGE",
          " COLLAPSE",
          " COLD",
          " PAGEOUT",
          " FREE");

  private static Fuzzer against(String name, Supplier<? extends Backend> rival) {
    return new Fuzzer(
        () -> Scenarios.boot("linux-6.18"), List.of(new Rival(name, rival)), OPS, false);
  }

  private static Fuzzer againstItself() {
    return against("ksm-v3", () -> Scenarios.boot("ksm-v3"));
  }

  @Test
  void the_same_seed_gives_the_same_scenario_wherever_it_is() {
    Locale before = Locale.getDefault();
    List<String> here = againstItself().scenario(1, 7);
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(againstItself().scenario(1, 7)).isEqualTo(here);
    } finally {
      Locale.setDefault(before);
    }
    assertThat(againstItself().scenario(2, 7)).isNotEqualTo(here);
    assertThat(againstItself().scenario(1, 8)).isNotEqualTo(here);
  }

  @Test
  void what_is_made_up_can_be_read_and_run() throws Exception {
    for (int i = 0; i < 20; i++) {
      List<String> lines = againstItself().scenario(3, i);
      assertThat(lines).hasSizeGreaterThan(3);
      Scenarios.run("linux-6.18", ScenarioParser.parse("fuzz.scenario", String.join("\n", lines)));
    }
  }

  @Test
  void the_port_does_not_differ_from_itself_under_another_profile() {
    Fuzzer fuzzer = againstItself();
    for (int i = 0; i < 40; i++) {
      assertThat(fuzzer.round(4, i)).as("seed 4, scenario %d", i).isNull();
    }
    assertThat(fuzzer.compared()).isGreaterThan(500);
  }

  /** The profiles of a class but the first, with profits as they have in common. */
  private static Fuzzer amongClass(String resultClass, boolean moving) {
    List<String> profiles =
        Scenarios.profiles().stream()
            .filter(profile -> Scenarios.classOf(profile).equals(resultClass))
            .toList();
    List<Rival> rivals =
        profiles.stream()
            .skip(1)
            .map(profile -> new Rival(profile, () -> Scenarios.bootToCompare(profile)))
            .toList();
    return new Fuzzer(() -> Scenarios.bootToCompare(profiles.getFirst()), rivals, OPS, moving);
  }

  @Test
  void all_profiles_of_class_a_come_out_alike_on_whatever_is_made_up() {
    Fuzzer fuzzer = amongClass("A", false);
    for (int i = 0; i < 30; i++) {
      Finding finding = fuzzer.round(618, i);
      assertThat(finding)
          .as(() ->
              "seed 618: %s against %s\n%s"
                  .formatted(finding.lines(), finding.rival(), finding.differences()))
          .isNull();
    }
    assertThat(fuzzer.compared()).as("nine rivals").isGreaterThan(5000);
  }

  @Test
  void so_they_do_when_pages_move_are_swapped_out_become_huge_and_are_split() {
    Fuzzer fuzzer = amongClass("A", true);
    for (int i = 0; i < 30; i++) {
      Finding finding = fuzzer.round(619, i);
      assertThat(finding)
          .as(() ->
              "seed 619: %s against %s\n%s"
                  .formatted(finding.lines(), finding.rival(), finding.differences()))
          .isNull();
    }
    List<String> all =
        IntStream.range(0, 30).boxed().flatMap(i -> fuzzer.scenario(619, i).stream()).toList();
    for (String word : MOVING) {
      assertThat(all).as(word).anyMatch(line -> line.contains(word) && !line.contains("=>"));
    }
  }

  /** What class B promises class A: every byte and every VMA, whatever KSM makes of them. */
  @Test
  void memory_and_vmas_are_the_same_in_both_classes_on_whatever_is_made_up() throws Exception {
    Fuzzer fuzzer = new Fuzzer(() -> Scenarios.boot("linux-6.18"), List.of(), 5 * OPS, false);
    int otherwise = 0;
    for (int i = 0; i < 12; i++) {
      List<String> lines = fuzzer.scenario(73, i);
      var scenario = ScenarioParser.parse("fuzz.scenario", String.join("\n", lines));
      var a = ResultJson.tree(Scenarios.run("linux-6.18", scenario).document());
      var b = ResultJson.tree(Scenarios.run("linux-7.3", scenario).document());
      assertThat(ResultComparison.differencesInMemory(a, b))
          .as("seed 73, scenario %d: %s", i, lines)
          .isEmpty();
      otherwise += ResultComparison.differences(a, b).isEmpty() ? 0 : 1;
    }
    assertThat(otherwise).as("scenarios in which KSM's figures are not the same").isPositive();
  }

  /** Rounds until something is found. */
  private static Finding found(UnaryOperator<Backend> lie) {
    Fuzzer fuzzer = against("liar", () -> lie.apply(Scenarios.boot("linux-6.18")));
    @Nullable Finding finding = null;
    for (int i = 0; finding == null && i < 200; i++) {
      finding = fuzzer.round(5, i);
    }
    assertThat(finding).as("found within 200 scenarios of seed 5").isNotNull();
    return finding;
  }

  @Test
  void a_figure_that_is_wrong_once_pages_are_merged_is_found_and_shortened() {
    Finding finding =
        found(port ->
            LyingBackend.ksm(
                port, (name, value) -> name.equals("pages_sharing") ? value * 2 : value));
    assertThat(finding.rival()).isEqualTo("liar");
    assertThat(finding.lines())
        .as("a process, a mapping, contents, advice, and passes")
        .hasSizeBetween(4, 12);
    assertThat(finding.differences().getFirst()).startsWith("after line ");
    assertThat(finding.differences()).anyMatch(line -> line.contains("liar: ksm.pages_sharing"));
  }

  @Test
  void a_call_that_fails_otherwise_is_found() {
    Finding finding = found(LyingBackend::withoutExistingMappings);
    assertThat(finding.lines()).hasSizeLessThanOrEqualTo(4);
    assertThat(finding.lines().getLast()).endsWith("=> EEXIST");
    assertThat(finding.other()).as("written with both results").isNotNull();
  }
}
