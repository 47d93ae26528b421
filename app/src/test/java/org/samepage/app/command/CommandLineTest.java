// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.app.Main;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command line as users meet it: what it prints, what it writes, what it exits with. */
final class CommandLineTest {
  private static final Path CORPUS = Path.of(System.getProperty("samepage.root"), "scenarios");
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  @TempDir Path folder;

  private record Result(int code, String out, String err) {
    /** One line each, no stack trace. */
    void mistake(String says) {
      assertThat(code).isEqualTo(2);
      assertThat(err).contains(says).doesNotContain("\tat ").doesNotContain("Exception");
      assertThat(err.lines().toList()).hasSizeLessThanOrEqualTo(2);
      assertThat(out).isEmpty();
    }
  }

  private Result samepage(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> all = new ArrayList<>();
    for (String arg : args) {
      all.add(arg.replace("CORPUS", CORPUS.toString()).replace("FOLDER", folder.toString()));
    }
    int code =
        Main.run(
            new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }

  private Path scenario(String name, String... lines) throws Exception {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  @Test
  void a_run_prints_a_summary() {
    Result result = samepage("run", "CORPUS/merge-basic.scenario");
    assertThat(result.code).isZero();
    assertThat(result.out)
        .contains("A.present=256 A.frames=256", "pages_shared 64", "64 frames mapped 5x", "work ");
    assertThat(result.err).isEmpty();
  }

  @Test
  void documents_go_to_a_file_a_folder_or_standard_output() throws Exception {
    assertThat(samepage("run", "CORPUS/merge-basic.scenario", "--json", "FOLDER/x.json").code)
        .isZero();
    JsonNode one = MAPPER.readTree(folder.resolve("x.json"));
    assertThat(one.path("ksm").path("pages_sharing").asInt()).isEqualTo(256);
    Result several =
        samepage(
            "run",
            "CORPUS/merge-basic.scenario",
            "CORPUS/smart-scan.scenario",
            "--jobs",
            "2",
            "--json",
            "FOLDER/new/results");
    assertThat(several.code).isZero();
    assertThat(folder.resolve("new/results/merge-basic.json")).exists();
    assertThat(folder.resolve("new/results/smart-scan.json")).exists();
    Result printed =
        samepage("run", "CORPUS/merge-basic.scenario", "CORPUS/smart-scan.scenario", "--json", "-");
    assertThat(printed.out.lines().toList()).as("one document a line").hasSize(2);
    assertThat(MAPPER.readTree(printed.out.lines().toList().get(1)).path("scenario").asString())
        .isEqualTo("smart-scan");
    assertThat(printed.err).as("what is shown goes elsewhere").contains("A.present=256");
    try (var files = Files.walk(folder)) {
      assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".tmp"));
    }
  }

  @Test
  void a_failed_expectation_exits_with_1_and_says_where() throws Exception {
    scenario("f.scenario", "process A", "A mmap X 4p", "expect A.present == 4");
    Result summary = samepage("run", "FOLDER/f.scenario");
    assertThat(summary.code).isEqualTo(1);
    assertThat(summary.out).contains("FAILED     f.scenario:3: expect A.present == 4: saw 0");
    Result document = samepage("run", "FOLDER/f.scenario", "--json", "-");
    assertThat(document.code).isEqualTo(1);
    assertThat(document.err).contains("f.scenario:3: expect A.present == 4: saw 0");
  }

  @Test
  void a_kernel_report_exits_with_1_unless_an_expectation_has_counted_it() throws Exception {
    String[] guard = {
      "process A",
      "A mmap X 3p",
      "A write X seq=0",
      "A madvise X[1p] GUARD_INSTALL",
      "A madvise X MERGEABLE",
      "scan 1",
      "expect reports == 1"
    };
    scenario("expected.scenario", guard);
    scenario("none.scenario", Arrays.copyOf(guard, 6));
    scenario("more.scenario", String.join("\n", guard), "scan 1");
    scenario("wrong.scenario", String.join("\n", guard), "scan 1", "expect reports == 1");
    for (String command : List.of("run", "trace")) {
      for (String name : List.of("none", "more", "wrong")) {
        String file = "FOLDER/" + name + ".scenario";
        assertThat(samepage(command, file, "--profile", "ksm-v3").code).as(name).isEqualTo(1);
      }
      assertThat(samepage(command, "FOLDER/expected.scenario", "--profile", "ksm-v3").code)
          .isZero();
    }
    Result said = samepage("run", "FOLDER/expected.scenario", "--profile", "ksm-v3");
    assertThat(said.out).contains("REPORT     expected.scenario:6: BUG: Bad page map");
  }

  @Test
  void one_scenario_that_cannot_run_does_not_keep_the_others_from_it() throws Exception {
    scenario("bad.scenario", "process A", "A mmap X 512p shared", "A madvise X COLLAPSE");
    Result result =
        samepage("run", "FOLDER/bad.scenario", "CORPUS/merge-basic.scenario", "--json", "FOLDER/o");
    assertThat(result.code).isEqualTo(2);
    assertThat(result.err)
        .startsWith("bad.scenario:3: not supported yet: collapsing pages of files");
    assertThat(folder.resolve("o/merge-basic.json")).exists();
    assertThat(folder.resolve("o/bad.json")).doesNotExist();
  }

  @ParameterizedTest(name = "samepage {0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "frob|unknown command frob; did you mean",
        "rnu run CORPUS/merge-basic.scenario|unknown command rnu; did you mean",
        "rnu compare CORPUS/merge-basic.scenario|there are capture, predict, verify, run",
        "run|Missing required parameter: 'FILE'",
        "run --frob x|Unknown option: '--frob'",
        "run FOLDER/none.scenario|none.scenario: no such file",
        "run FOLDER|is a folder, not a scenario",
        "run CORPUS/merge-basic.scenario --profile linux-5|unknown profile linux-5; there are"
            + " linux-6.17, linux-6.18",
        "run CORPUS/merge-basic.scenario --set strategy.scan=x|unknown strategy; there are"
            + " per-address, range-walk-mm, range-walk-rework",
        "run CORPUS/merge-basic.scenario --set ksm.smart=1|unknown key ksm.smart; did you mean",
        "run CORPUS/merge-basic.scenario --set ksm.run=x|ksm.run = x: refused with EINVAL",
        "run CORPUS/merge-basic.scenario --set machine.memory=x|machine.memory",
        "run CORPUS/merge-basic.scenario --config FOLDER/none.conf|none.conf: cannot be read",
        "run CORPUS/merge-basic.scenario --jobs 0|--jobs takes at least 1, not 0",
        "run CORPUS/merge-basic.scenario --jobs many|Invalid value for option '--jobs'",
        "run CORPUS/merge-basic.scenario --json FOLDER/none/x.json|cannot be written",
        "run CORPUS/merge-basic.scenario CORPUS/7.3/../merge-basic.scenario --json FOLDER/o|would"
            + " both be written",
        "compare|Missing required parameter: 'FILE'",
        "compare CORPUS/merge-basic.scenario --profiles linux-6.17,x|unknown profile x; there are",
        "compare CORPUS/merge-basic.scenario --profiles ,|--profiles takes at least one of"
            + " linux-6.17",
        "compare CORPUS/merge-basic.scenario --probe-limit 0|--probe-limit takes at least 1",
        "compare CORPUS/merge-basic.scenario --probe-limit 1M|Invalid value for option"
            + " '--probe-limit'",
        "compare FOLDER/none.scenario|none.scenario: no such file",
        "explain|Missing required parameter: 'STRATEGY'",
        "explain range-walk-v4|unknown strategy range-walk-v4; did you mean range-walk-v3,"
            + " range-walk-v5 or",
        "explain unmerge/full-range|unknown strategy unmerge/full-range; did you mean",
        "strategies --jason|Unknown option: '--jason'"
      })
  void a_mistake_is_one_clear_line_and_exit_code_2(String args, String says) {
    samepage(args.split(" ")).mistake(says);
  }

  @Test
  void a_scenario_that_cannot_be_read_is_one_clear_line() throws Exception {
    Files.write(folder.resolve("b.scenario"), new byte[] {(byte) 0xff, 0, 1});
    samepage("run", "FOLDER/b.scenario").mistake("b.scenario: is no text in UTF-8");
    scenario("e.scenario");
    samepage("run", "FOLDER/e.scenario").mistake("e.scenario: has no statement");
    scenario("s.scenario", "process A", "A mmap X 4q");
    samepage("run", "FOLDER/s.scenario").mistake("s.scenario:2: the size must be a number");
  }

  @Test
  void a_folder_where_a_file_stands_is_refused_before_anything_runs() throws Exception {
    Files.writeString(folder.resolve("f"), "keep me");
    samepage(
            "run",
            "CORPUS/merge-basic.scenario",
            "CORPUS/smart-scan.scenario",
            "--json",
            "FOLDER/f")
        .mistake("is a file; with several scenarios --json takes a folder");
    assertThat(folder.resolve("f")).hasContent("keep me");
  }

  @Test
  void compare_finds_all_profiles_equal_and_says_what_each_did() {
    Result result = samepage("compare", "CORPUS/merge-basic.scenario");
    assertThat(result.code).isZero();
    assertThat(result.out.lines().filter(line -> line.contains(" equal ")).toList()).hasSize(11);
    assertThat(result.out).endsWith("recorded on a real kernel: equal\n");
  }

  @Test
  void compare_holds_a_profile_of_another_class_to_memory_alone() {
    Result result = samepage("compare", "CORPUS/7.3/seed-035.scenario");
    assertThat(result.code).as(result.out).isZero();
    assertThat(result.out.lines().filter(line -> line.contains(" equal ")).toList()).hasSize(11);
    Result within =
        samepage(
            "compare",
            "CORPUS/7.3/seed-035.scenario",
            "--profiles",
            "linux-6.18,linux-6.19",
            "--set",
            "strategy.rmap-item-layout=overlay");
    assertThat(within.code).as("both with the overlay").isZero();
  }

  @Test
  void a_combination_that_cannot_work_is_refused() {
    samepage(
            "run",
            "CORPUS/merge-basic.scenario",
            "--set",
            "strategy.rmap-walk=pgoff-bounded-fallback")
        .mistake("needs strategy.rmap-item-layout = separate or overlay, and that is none");
  }

  @Test
  void compare_says_where_the_recorded_result_is_another() throws Exception {
    Path mine = Files.copy(CORPUS.resolve("merge-basic.scenario"), folder.resolve("mine.scenario"));
    String recorded = Files.readString(CORPUS.resolve("merge-basic.expected.json"));
    Files.writeString(
        folder.resolve("mine.expected.json"),
        recorded.replace("\"pages_shared\": 64", "\"pages_shared\": 65"));
    Result result = samepage("compare", mine.toString());
    assertThat(result.code).isEqualTo(1);
    assertThat(result.out)
        .contains("recorded on a real kernel: different", "ksm.pages_shared: 65 / 64");
    assertThat(samepage("compare", mine.toString(), "--set", "ksm.sleep_millisecs=1").code)
        .as("a machine that nothing was recorded on")
        .isZero();
    Files.writeString(folder.resolve("mine.expected.json"), "[");
    samepage("compare", mine.toString()).mistake("mine.expected.json: is no JSON");
  }

  @Test
  void compare_stops_what_would_probe_too_much_and_says_what_it_needs() throws Exception {
    Result result =
        samepage(
            "compare", "CORPUS/sparse-32tib.scenario", "--probe-limit", "1048576", "--json", "-");
    assertThat(result.code).isZero();
    JsonNode rows = MAPPER.readTree(result.out).path("rows");
    assertThat(rows).hasSize(11);
    JsonNode byAddress = rows.get(0);
    assertThat(byAddress.path("profile").asString()).isEqualTo("linux-6.17");
    assertThat(byAddress.path("outcome").asString()).isEqualTo("stopped");
    assertThat(byAddress.path("probes_needed").asLong()).isEqualTo(8_589_934_592L);
    assertThat(byAddress.path("ns_per_probe").asDouble()).isPositive();
    assertThat(byAddress.path("work").path("addresses_probed").asLong()).isEqualTo(1 << 20);
    for (int i = 1; i < rows.size(); i++) {
      assertThat(rows.get(i).path("outcome").asString()).isEqualTo("equal");
      assertThat(rows.get(i).path("probes_needed").isNull()).isTrue();
      assertThat(rows.get(i).path("ns_per_probe").isNull()).isTrue();
    }
    assertThat(Set.copyOf(byAddress.propertyNames()))
        .isEqualTo(
            Set.of(
                "profile",
                "scan",
                "unmerge",
                "rmap-walk",
                "rmap-item-layout",
                "outcome",
                "differences",
                "probes_needed",
                "ns_per_probe",
                "reports",
                "work",
                "seconds"));
  }

  @Test
  void the_catalogue_names_every_strategy_and_profile() throws Exception {
    Result text = samepage("strategies");
    assertThat(text.code).isZero();
    assertThat(text.out)
        .contains("strategy.scan", "per-address", "range-walk-v3", "range-walk-v5", "linux-6.18")
        .contains("needs: rmap-item-layout=separate|overlay")
        .contains("fault: Takes an entry that is neither empty nor present for a page");
    JsonNode document = MAPPER.readTree(samepage("strategies", "--json").out);
    assertThat(document.path("strategies").path("scan")).hasSize(5);
    assertThat(document.path("profiles")).hasSize(11);
    assertThat(document.path("profiles").get(1).path("strategies").path("scan").asString())
        .isEqualTo("range-walk-v5");
  }

  @Test
  void explain_says_what_is_to_be_known_of_a_strategy() {
    Result v3 = samepage("explain", "range-walk-v3");
    assertThat(v3.code).isZero();
    assertThat(v3.out)
        .startsWith("range-walk-v3, a strategy for scan\n")
        .contains("\n  does      Walks", "PATCH v3", "\n  cost      V + T + E + 4h: VMAs")
        .contains("\n  fault     Takes an entry", "\n  tells     telling/s-guard: ")
        .contains("\n  profiles  ksm-v3\n");
    assertThat(samepage("explain", "pgoff-bounded").out)
        .contains("\n  needs     rmap-item-layout=separate or overlay\n")
        .contains("\n  profiles  linux-7.3, rmap-v4\n");
    assertThat(samepage("explain", "per-address").out)
        .as("two points have one of this name")
        .contains("a strategy for scan\n", "a strategy for unmerge\n");
    assertThat(samepage("explain", "unmerge/per-address").out)
        .startsWith("per-address, a strategy for unmerge\n")
        .doesNotContain("for scan");
  }

  @Test
  void help_and_version_are_everywhere() {
    assertThat(samepage().out).contains("run", "compare", "strategies");
    for (String command : List.of("run", "compare", "strategies")) {
      Result help = samepage(command, "--help");
      assertThat(help.code).isZero();
      assertThat(help.out).contains("Usage: samepage " + command);
    }
    assertThat(samepage("--version").out).matches("samepage \\d+\\.\\d+\\.\\d+.*\\s+");
  }

  /** Only what the arguments name is looked at; the whole must be there all the same. */
  @Test
  void every_command_goes_by_its_own_name() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    var commands = SamepageCommand.commandLine(nowhere, nowhere).getSubcommands();
    assertThat(commands).hasSizeGreaterThan(15);
    commands.forEach((name, command) -> {
      assertThat(command.getCommandName()).isEqualTo(name);
      var alone = SamepageCommand.commandLineFor(nowhere, nowhere, name, "--help");
      assertThat(alone.getSubcommands()).containsKey(name);
      assertThat(alone.getSubcommands().get(name).getUsageMessage())
          .isEqualTo(command.getUsageMessage());
    });
    assertThat(samepage("--help").out).contains(commands.keySet());
    assertThat(samepage("generate-completion").out).contains(commands.keySet());
  }
}
