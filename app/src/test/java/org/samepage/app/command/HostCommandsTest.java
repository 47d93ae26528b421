// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.opentest4j.TestAbortedException;
import org.samepage.app.Main;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.AgentBinary;
import org.samepage.host.session.Requirements;
import org.samepage.scenario.result.RecordedResult;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultJson;
import tools.jackson.databind.json.JsonMapper;

/** The commands that use the machine's own kernel; skipped, with the reason, where it cannot be. */
final class HostCommandsTest {
  private static final Path CORPUS = Path.of(System.getProperty("samepage.root"), "scenarios");

  /** What the corpus was recorded on. */
  private static final String RECORDED_ON = "6.18.";

  @TempDir Path folder;

  private record Result(int code, String out, String err) {}

  private static Result samepage(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Result(code, out.toString(), err.toString());
  }

  private static void demandHost() {
    try {
      new Requirements(new AgentBinary(System.getenv())).demand();
    } catch (SurroundingsException e) {
      throw new TestAbortedException(e.getMessage());
    }
    Result doctor = samepage("doctor", "--yes");
    assumeTrue(doctor.code == 0, doctor.err.strip());
  }

  private static void demandRecordedKernel() {
    String version = Requirements.kernelVersion();
    assumeTrue(
        version.startsWith(RECORDED_ON),
        () -> "recorded on Linux %sx, and this is %s".formatted(RECORDED_ON, version));
  }

  static List<Path> recorded() throws Exception {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(CORPUS)) {
      files.sorted().filter(file -> file.toString().endsWith(".scenario")).forEach(found::add);
    }
    found.removeIf(file -> expected(file) == null);
    return found;
  }

  private static Path expected(Path scenario) {
    String name = scenario.toString().replaceFirst("\\.scenario$", "");
    return Stream.of(".expected.json", ".expected-6.18.json")
        .map(end -> Path.of(name + end))
        .filter(Files::exists)
        .findFirst()
        .orElse(null);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("recorded")
  void the_kernel_still_gives_the_recorded_result(Path scenario) throws Exception {
    demandHost();
    demandRecordedKernel();
    Result result =
        samepage("run", "--backend", "host", "--yes", "--json", "-", scenario.toString());
    assertThat(result.code).as(result.err).isZero();
    assertThat(
            ResultComparison.differences(
                ResultJson.read(expected(scenario)),
                JsonMapper.builder().build().readTree(result.out)))
        .isEmpty();
  }

  @Test
  void nothing_is_written_where_nobody_can_be_asked() {
    demandHost();
    for (String[] args :
        List.of(
            new String[] {"run", "--backend", "host", CORPUS + "/merge-basic.scenario"},
            new String[] {"record", CORPUS + "/merge-basic.scenario"})) {
      Result result = samepage(args);
      assertThat(result.code).isEqualTo(2);
      assertThat(result.err).contains("nobody can be asked here, so say --yes");
      assertThat(result.err.lines().toList()).hasSize(1);
    }
  }

  @Test
  void the_port_s_options_are_refused_on_the_host() {
    String file = CORPUS + "/merge-basic.scenario";
    assertThat(samepage("run", "--backend", "frob", file).err)
        .contains("frob")
        .containsIgnoringCase("port, host");
    Result profile = samepage("run", "--backend", "host", "--profile", "linux-6.17", file);
    assertThat(profile.code).isEqualTo(2);
    assertThat(profile.err).contains("--profile");
    Result key = samepage("run", "--backend", "host", "--set", "machine.memory=1G", file);
    assertThat(key.code).isEqualTo(2);
    assertThat(key.err).contains("machine.memory");
  }

  @Test
  void doctor_says_what_is_there_and_which_profile_fits() {
    Result doctor = samepage("doctor", "--yes");
    assertThat(doctor.out).contains("Linux on x86-64");
    demandHost();
    demandRecordedKernel();
    assertThat(doctor.code).isZero();
    assertThat(doctor.out)
        .contains("ok       CONFIG_KSM", "scan     by range", "unmerge  address by address")
        .endsWith("fits     linux-6.18\n");
  }

  @Test
  void record_writes_what_three_runs_agree_on_and_replaces_nothing_by_itself() throws Exception {
    demandHost();
    Path scenario = folder.resolve("mine.scenario");
    Files.copy(CORPUS.resolve("merge-basic.scenario"), scenario);
    assertThat(samepage("record", "--yes", scenario.toString()).code).isZero();
    Path recorded = RecordedResult.of(scenario);
    String first = Files.readString(recorded);
    assertThat(first).contains("\"pages_sharing\" : 256").contains("\"scenario\" : \"mine\"");
    assertThat(RecordedResult.origin(scenario))
        .content()
        .contains("kernel = " + Requirements.kernelVersion(), "runs = 3");

    assertThat(samepage("record", "--yes", scenario.toString()).out).contains("as recorded");
    Files.writeString(recorded, first.replace("256", "257"));
    Result other = samepage("record", "--yes", scenario.toString());
    assertThat(other.code).isEqualTo(1);
    assertThat(other.err).contains("--replace overwrites it").contains("257 / 256");
    assertThat(recorded).content().contains("257");
    assertThat(samepage("record", "--yes", "--replace", scenario.toString()).code).isZero();
    assertThat(recorded).hasContent(first);
  }

  @Test
  void fuzz_finds_the_port_and_the_kernel_alike() {
    demandHost();
    Result result =
        samepage("fuzz", "--yes", "--seed", "11", "--count", "25", "--out", folder.toString());
    assertThat(result.out).endsWith(" 0 differences\n").contains("against [host]");
    assertThat(result.code).isZero();
    assertThat(folder).isEmptyDirectory();
  }

  /** Swapout is among them where swap is on. */
  @Test
  void so_it_does_with_huge_pages_that_are_made_split_collapsed_and_given_away() {
    demandHost();
    demandRecordedKernel();
    Result result =
        samepage(
            "fuzz",
            "--yes",
            "--moving",
            "--seed",
            "13",
            "--count",
            "15",
            "--out",
            folder.toString());
    assertThat(result.out).endsWith(" 0 differences\n").contains("against [host]");
    assertThat(result.code).isZero();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void fuzz_without_the_host_compares_the_port_with_itself() {
    Result result =
        samepage("fuzz", "--no-host", "--seed", "12", "--count", "10", "--out", folder.toString());
    assertThat(result.code).isZero();
    assertThat(result.err).contains("without the kernel: --no-host");
    assertThat(result.out)
        .contains("seed 12, linux-6.18 against [linux-6.17, linux-6.19, ksm-v3")
        .endsWith(" 0 differences\n");
    assertThat(samepage("fuzz", "--count", "0").code).isEqualTo(2);
    assertThat(samepage("fuzz", "--no-host", "--profile", "x").err).contains("unknown profile x");
  }

  /** Stopped, they are what was captured: so every count must be the kernel's. */
  @Test
  void what_is_predicted_of_stopped_processes_is_what_the_kernel_does() {
    demandHost();
    Result result =
        samepage("verify", "--yes", "--freeze", "--warmup", "1", "sleep 1000", "sleep 1001");
    assertThat(result.code).as(result.err).isZero();
    List<String[]> counts =
        result
            .out
            .lines()
            .map(line -> line.strip().split(" +"))
            .filter(w -> w.length == 4)
            .toList();
    assertThat(counts).extracting(words -> words[0]).contains("pages_shared", "general_profit");
    assertThat(counts).allSatisfy(words -> assertThat(words[1]).as(words[0]).isEqualTo(words[2]));
    assertThat(result.out).containsPattern("pages_sharing +[1-9]");
  }
}
