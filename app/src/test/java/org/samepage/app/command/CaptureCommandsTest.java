// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.app.Main;
import tools.jackson.databind.json.JsonMapper;

/** Capture and predict as users meet them, on a process of our own. */
final class CaptureCommandsTest {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  @TempDir Path folder;
  private Process sleeper;

  private record Result(int code, String out, String err) {}

  @BeforeEach
  void start() throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/self/pagemap")), "there is no /proc/self/pagemap");
    sleeper = new ProcessBuilder("sleep", "1000").start();
  }

  @AfterEach
  void end() {
    if (sleeper != null) {
      sleeper.destroyForcibly();
    }
  }

  private static Result samepage(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Result(code, out.toString(), err.toString());
  }

  private String pid() {
    return Long.toString(sleeper.pid());
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void a_capture_is_predicted_from() {
    Result captured = samepage("capture", pid(), "-o", file("a.capture"));
    assertThat(captured.code).as(captured.err).isZero();
    Result predicted = samepage("predict", file("a.capture"), "--svg", file("a.svg"));
    assertThat(predicted.code).as(predicted.err).isZero();
    assertThat(predicted.out)
        .contains("1 processes, ", "linux-6.18", "pages           shared ", "sleep ");
    assertThat(folder.resolve("a.svg")).content().startsWith("<svg ").endsWith("</svg>\n");
  }

  @Test
  void both_profiles_and_the_settings_are_in_the_document() {
    samepage("capture", pid(), "-o", file("a.capture"));
    Result predicted =
        samepage(
            "predict",
            file("a.capture"),
            "--profiles",
            "linux-6.18,linux-7.3",
            "--set",
            "ksm.pages_to_scan=7",
            "--json",
            "-");
    Map<?, ?> root = MAPPER.readValue(predicted.out, Map.class);
    List<?> all = (List<?>) root.get("predictions");
    assertThat(all).extracting("profile").isEqualTo(List.of("linux-6.18", "linux-7.3"));
    assertThat(all).extracting("knobs").extracting("pages_to_scan").containsOnly("7");
  }

  /** Of a shell that has two children and a grandchild, and says so once they are there. */
  @Test
  void children_and_theirs_come_with_a_process_when_asked() throws Exception {
    String script = "sleep 1000 & sh -c 'sleep 1000 & echo ready; wait' & wait";
    Process shell = new ProcessBuilder("sh", "-c", script).start();
    try (BufferedReader said = shell.inputReader()) {
      assertThat(said.readLine()).isEqualTo("ready");
      String pid = Long.toString(shell.pid());
      samepage("capture", pid, "-o", file("one"));
      samepage("capture", pid, "--children", "-o", file("all"));
      assertThat(samepage("predict", file("one")).out).startsWith("1 processes, ");
      assertThat(samepage("predict", file("all")).out).startsWith("4 processes, ");
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
  }

  @Test
  void processes_are_found_by_their_command_lines() throws Exception {
    String unlike = "1000." + Math.abs(System.nanoTime());
    Process other = new ProcessBuilder("sleep", unlike).start();
    try {
      String pattern = "^sleep " + unlike + " ?$";
      Result captured = samepage("capture", "--match", pattern, "-o", file("a"));
      assertThat(captured.code).as(captured.err).isZero();
      assertThat(samepage("predict", file("a")).out).startsWith("1 processes, ");
    } finally {
      other.destroyForcibly().waitFor();
    }
    Result none = samepage("capture", "--match", "^sleep " + unlike, "-o", file("b"));
    assertThat(none.code).isEqualTo(3);
    assertThat(none.err).contains("no process matches ^sleep " + unlike);
    assertThat(folder.resolve("b")).doesNotExist();
  }

  @Test
  void several_snapshots_are_taken_when_asked_and_counted() {
    Result captured =
        samepage("capture", pid(), "--every", "0.01", "--count", "3", "-o", file("a"));
    assertThat(captured.code).as(captured.err).isZero();
    assertThat(samepage("predict", file("a")).out).contains(", 3 snapshots");
    assertThat(samepage("capture", pid(), "--count", "3", "-o", file("b")).err)
        .contains("--count takes at least 1, and --every where it is more");
  }

  @Test
  void a_capture_as_a_scenario_runs() {
    Result captured = samepage("capture", pid(), "--as-scenario", "-o", file("a.scenario"));
    assertThat(captured.code).as(captured.err).isZero();
    Result run = samepage("run", file("a.scenario"));
    assertThat(run.code).as(run.err).isZero();
    assertThat(run.out).contains("ksm.pages_unshared=");
  }

  @Test
  void one_that_is_gone_is_said_and_leaves_no_file() throws Exception {
    sleeper.destroyForcibly().waitFor();
    Result captured = samepage("capture", pid(), "-o", file("a.capture"));
    assertThat(captured.code).isEqualTo(3);
    assertThat(captured.err)
        .contains("process " + pid() + ": there is no such process", "no file is written");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void one_that_is_gone_among_others_is_said_by_the_exit_code_too() {
    Result captured = samepage("capture", pid(), "2147483647", "-o", file("a.capture"));
    assertThat(captured.code).isEqualTo(1);
    assertThat(folder.resolve("a.capture")).exists();
  }

  @Test
  void mistakes_are_one_line() throws Exception {
    assertThat(samepage("capture", "-o", file("a"))).returns(2, Result::code);
    assertThat(samepage("capture", pid(), "-o", file("no/a")).err).contains("no such folder");
    assertThat(samepage("capture", pid(), "-o", file("a"), "--match", "(").err)
        .contains("--match: ");
    Path key = Files.writeString(folder.resolve("key"), "short");
    assertThat(samepage("capture", pid(), "-o", file("a"), "--key", key.toString()).err)
        .contains("is no key: that has 32 random bytes");
    assertThat(samepage("predict", file("none")).err).contains("cannot be read");
    Result foreign = samepage("predict", key.toString());
    assertThat(foreign.code).isEqualTo(2);
    assertThat(foreign.err)
        .isEqualTo("samepage: " + key + ": at byte 0: this is no capture of samepage\n");
  }

  @Test
  void a_capture_says_which_ones_are_under_the_same_key() throws Exception {
    sleeper.destroyForcibly();
    sleeper = new ProcessBuilder("sleep", "1001").start();
    Files.write(folder.resolve("key"), new byte[32]);
    // stopped, so that it is the same each time
    var _ = new ProcessBuilder("kill", "-STOP", pid()).start().waitFor();
    String[] fingerprints = new String[3];
    samepage("capture", pid(), "-o", file("a"), "--key", file("key"));
    samepage("capture", pid(), "-o", file("b"), "--key", file("key"));
    samepage("capture", pid(), "-o", file("c"));
    for (int i = 0; i < fingerprints.length; i++) {
      byte[] bytes = Files.readAllBytes(folder.resolve(List.of("a", "b", "c").get(i)));
      fingerprints[i] = HexFormat.of().formatHex(bytes, 21, 29); // of the fingerprint
    }
    assertThat(fingerprints[0]).isEqualTo(fingerprints[1]).isNotEqualTo(fingerprints[2]);
  }
}
