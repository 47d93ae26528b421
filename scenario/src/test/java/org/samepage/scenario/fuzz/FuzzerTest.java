// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.samepage.machine.config.MachineConfig;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
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

  private static Fuzzer against(String name, Booting<? extends Backend> rival) {
    return new Fuzzer(
        machine -> Scenarios.boot("linux-6.18", machine),
        List.of(new Rival(name, rival)),
        OPS,
        Repertoire.USUAL);
  }

  private static Fuzzer againstItself() {
    return against("ksm-v3", machine -> Scenarios.boot("ksm-v3", machine));
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
  private static Fuzzer amongClass(String resultClass, Repertoire repertoire) {
    List<String> profiles =
        Scenarios.profiles().stream()
            .filter(profile -> Scenarios.classOf(profile).equals(resultClass))
            .toList();
    List<Rival> rivals =
        profiles.stream()
            .skip(1)
            .map(
                profile -> new Rival(profile, machine -> Scenarios.bootToCompare(profile, machine)))
            .toList();
    return new Fuzzer(
        machine -> Scenarios.bootToCompare(profiles.getFirst(), machine), rivals, OPS, repertoire);
  }

  @Test
  void all_profiles_of_class_a_come_out_alike_on_whatever_is_made_up() {
    Fuzzer fuzzer = amongClass("A", Repertoire.USUAL);
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
    Fuzzer fuzzer = amongClass("A", Repertoire.MOVING);
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

  @Test
  void each_side_boots_the_machine_that_the_first_line_asks_for() {
    Set<String> port = new TreeSet<>();
    Set<String> rival = new TreeSet<>();
    Fuzzer fuzzer =
        new Fuzzer(
            machine -> noted(port, Scenarios.bootToCompare("linux-6.18", machine)),
            List.of(
                new Rival(
                    "linux-6.17",
                    machine -> noted(rival, Scenarios.bootToCompare("linux-6.17", machine)))),
            2,
            Repertoire.MOVING);
    for (int i = 0; i < 40; i++) {
      assertThat(fuzzer.round(6, i)).isNull();
    }
    assertThat(rival).isEqualTo(port).hasSize(9).allMatch(machine -> machine.startsWith("2 nodes"));
    List<String> all =
        IntStream.range(0, 40).boxed().flatMap(i -> many().scenario(7, i).stream()).toList();
    assertThat(all)
        .as("a node that is there, and swap that becomes full, but not at once")
        .anyMatch(line -> line.contains("node=1") && !line.contains("=>"))
        .noneMatch(line -> line.contains("node=1") && line.endsWith("=> ENODEV"));
  }

  private static Fuzzer many() {
    return new Fuzzer(
        machine -> Scenarios.boot("linux-6.18", machine), List.of(), OPS, Repertoire.MOVING);
  }

  private static PortBackend noted(Set<String> machines, PortBackend backend) {
    MachineConfig config = backend.machine().config();
    machines.add(
        "%d nodes, %d pages of swap, %s"
            .formatted(config.memory().nodes(), config.swapPages(), config.thp()));
    return backend;
  }

  /** What a kernel does the same each time: the port alone can be asked here. */
  @Test
  void what_is_made_up_for_a_kernel_has_nothing_that_it_cannot_repeat() throws Exception {
    Fuzzer fuzzer =
        new Fuzzer(
            machine -> Scenarios.boot("linux-6.18", machine),
            List.of(),
            OPS,
            Repertoire.SWAPPING_KERNEL);
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      List<String> lines = fuzzer.scenario(8, i);
      assertThat(lines.getFirst()).matches("machine swap=[0-9]+");
      all.addAll(lines);
    }
    assertThat(all)
        .noneMatch(line -> line.contains(" offline ") || line.matches("[A-H] migrate [^=]*"))
        .noneMatch(line -> line.contains(" swapout ") && line.endsWith("=> ENOSPC"));
    for (String word : List.of(" swapout ", " COLLAPSE", " COLD", " PAGEOUT", " FREE", "node=0")) {
      assertThat(all).as(word).anyMatch(line -> line.contains(word) && !line.contains("=>"));
    }
  }

  /** What class B promises class A: every byte and every VMA, whatever KSM makes of them. */
  @Test
  void memory_and_vmas_are_the_same_in_both_classes_on_whatever_is_made_up() throws Exception {
    Fuzzer fuzzer =
        new Fuzzer(
            machine -> Scenarios.boot("linux-6.18", machine), List.of(), 5 * OPS, Repertoire.USUAL);
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
    Fuzzer fuzzer = against("liar", machine -> lie.apply(Scenarios.boot("linux-6.18", machine)));
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
  void a_finding_keeps_its_machine_for_on_another_something_else_may_differ() {
    Fuzzer fuzzer =
        new Fuzzer(
            machine -> Scenarios.boot("linux-6.18", machine),
            List.of(
                new Rival(
                    "liar",
                    machine ->
                        LyingBackend.withoutExistingMappings(
                            Scenarios.boot("linux-6.18", machine)))),
            OPS,
            Repertoire.MOVING);
    @Nullable Finding finding = null;
    for (int i = 0; finding == null && i < 200; i++) {
      finding = fuzzer.round(5, i);
    }
    assertThat(finding).as("found within 200 scenarios of seed 5").isNotNull();
    assertThat(finding.lines().getFirst()).startsWith("machine nodes=2 ");
    assertThat(finding.lines()).hasSizeLessThanOrEqualTo(9);
  }

  @Test
  void a_call_that_fails_otherwise_is_found() {
    Finding finding = found(LyingBackend::withoutExistingMappings);
    assertThat(finding.lines()).hasSizeLessThanOrEqualTo(4);
    assertThat(finding.lines().getLast()).endsWith("=> EEXIST");
    assertThat(finding.other()).as("written with both results").isNotNull();
  }
}
