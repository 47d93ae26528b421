// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.mm.work.WorkCounter;
import org.samepage.scenario.testing.Scenarios;

final class ScenarioParserTest {
  @TempDir Path folder;

  private static Action action(String line) throws ScenarioException {
    return ScenarioParser.parse("t.scenario", line).statements().getFirst().action();
  }

  @Test
  void comments_blank_lines_and_spaces_do_not_count_but_lines_are_numbered() throws Exception {
    Scenario scenario =
        ScenarioParser.parse(
            "x.scenario", "# a comment\n\n  process   A   # and one here\r\nscan 1\n");
    assertThat(scenario.name()).isEqualTo("x");
    assertThat(scenario.statements()).extracting(Statement::line).containsExactly(3, 4);
    assertThat(scenario.statements().getFirst().text()).isEqualTo("process   A");
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "0, 0",
    "42, 42",
    "0x1000, 4096",
    "3p, 12288",
    "64K, 65536",
    "2M, 2097152",
    "1G, 1073741824",
    "32T, 35184372088832",
    "0x10p, 65536",
    "0xffK, 261120"
  })
  void numbers(String word, long value) throws Exception {
    assertThat(((Action.Mmap) action("A mmap X " + word)).size()).isEqualTo(value);
  }

  @ParameterizedTest(name = "{0} is no number")
  @CsvSource({"-1", "1.5", "0x", "K", "1KB", "+1", "0x-1", "9223372036854775808", "8388608T", "1k"})
  void no_numbers(String word) {
    assertThatThrownBy(() -> action("A mmap X " + word))
        .isInstanceOf(ScenarioException.class)
        .hasMessageStartingWith("t.scenario:1: the size must be a number");
  }

  @Test
  void every_statement_of_the_language() throws Exception {
    assertThat(action("process A")).isEqualTo(new Action.StartProcess("A"));
    assertThat(action("file F 8p cycle=3"))
        .isEqualTo(new Action.MakeFile("F", 32768, new Content.Cycle(3)));
    assertThat(action("ksm run=2 smart_scan=0"))
        .isEqualTo(
            new Action.KsmWrite(
                List.of(new Action.Setting("run", "2"), new Action.Setting("smart_scan", "0"))));
    assertThat(action("ksm pages_to_scan=1K"))
        .isEqualTo(new Action.KsmWrite(List.of(new Action.Setting("pages_to_scan", "1024"))));
    assertThat(action("scan 3")).isEqualTo(new Action.ScanPasses(3));
    assertThat(action("scan pages=4294967294")).isEqualTo(new Action.ScanPages(4294967294L));
    assertThat(action("expect ksm.general_profit >= -64"))
        .isEqualTo(
            new Action.Expect(
                new Subject.Ksm("general_profit"), Comparison.AT_LEAST, -64, List.of()));
    assertThat(action("expect@linux-6.17,ksm-v3 work.rmap_walks == 2"))
        .isEqualTo(
            new Action.Expect(
                new Subject.Work(WorkCounter.RMAP_WALKS),
                Comparison.EQUAL,
                2,
                List.of("linux-6.17", "ksm-v3")));
    assertThat(action("show reports")).isEqualTo(new Action.Show(List.of(new Subject.Reports())));
    assertThat(action("machine nodes=2 memory=1M"))
        .isEqualTo(
            new Action.MachineSettings(
                List.of(
                    new Action.Setting("nodes", "2"), new Action.Setting("memory", "1048576"))));
    assertThat(action("A migrate X[1p] node=1"))
        .isEqualTo(new Action.Migrate("A", new Range("X", 4096, 8192), 1));
    assertThat(action("A migrate X"))
        .isEqualTo(new Action.Migrate("A", new Range("X", 0, Range.WHOLE), null));
    assertThat(action("A swapout X"))
        .isEqualTo(new Action.Swapout("A", new Range("X", 0, Range.WHOLE)));
    assertThat(action("A offline X => EBUSY"))
        .isEqualTo(new Action.Offline("A", new Range("X", 0, Range.WHOLE)));
    assertThat(action("show A.frames ksm.run"))
        .isEqualTo(
            new Action.Show(
                List.of(new Subject.OfProcess("A", ProcessFigure.FRAMES), new Subject.Ksm("run"))));
    assertThat(action("A mmap X 4p prot=rx shared noreserve populate at=Y.end+2M file=F offset=1p"))
        .isEqualTo(
            new Action.Mmap(
                "A",
                "X",
                16384,
                Protection.RX,
                true,
                true,
                true,
                new Address("Y", true, 2 << 20),
                "F",
                4096));
    assertThat(action("A munmap X[1p..3p]"))
        .isEqualTo(new Action.Munmap("A", new Range("X", 4096, 12288)));
    assertThat(action("A mremap X[0..8p] 8p move to=0x200000000000 dontunmap as=Z"))
        .isEqualTo(
            new Action.Mremap(
                "A",
                new Range("X", 0, 32768),
                32768,
                true,
                new Address(null, false, 0x200000000000L),
                true,
                "Z"));
    assertThat(action("A mprotect X none"))
        .isEqualTo(new Action.Mprotect("A", new Range("X", 0, Range.WHOLE), Protection.NONE));
    assertThat(action("A madvise X[5p] GUARD_INSTALL"))
        .isEqualTo(new Action.Madvise("A", new Range("X", 20480, 24576), Advice.GUARD_INSTALL));
    assertThat(action("A munlock X"))
        .isEqualTo(new Action.Mlock("A", new Range("X", 0, Range.WHOLE), false));
    assertThat(action("A prctl MEMORY_MERGE 1")).isEqualTo(new Action.PrctlMemoryMerge("A", 1));
    assertThat(action("A write X seq=5"))
        .isEqualTo(new Action.Write("A", new Range("X", 0, Range.WHOLE), new Content.Sequence(5)));
    assertThat(action("A poke X[0..2p] 0xff"))
        .isEqualTo(new Action.Poke("A", new Range("X", 0, 8192), 255));
    assertThat(action("A touch X"))
        .isEqualTo(new Action.Touch("A", new Range("X", 0, Range.WHOLE)));
    assertThat(action("A check X byte=7"))
        .isEqualTo(
            new Action.Check(
                "A", new Range("X", 0, Range.WHOLE), new Content.Bytes(7), "X", "byte=7"));
    assertThat(action("A fork B")).isEqualTo(new Action.Fork("A", "B"));
    assertThat(action("A exit")).isEqualTo(new Action.Exit("A"));
  }

  @Test
  void an_expected_error_is_taken_off_the_end() throws Exception {
    Statement statement =
        ScenarioParser.parse("t", "A madvise X MERGEABLE => ENOMEM").statements().getFirst();
    assertThat(statement.expectedError()).isEqualTo("ENOMEM");
    assertThat(statement.action()).isInstanceOf(Action.Madvise.class);
    assertThat(statement.text()).isEqualTo("A madvise X MERGEABLE => ENOMEM");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "machine nodes=2|machine must be the first statement",
        "machine nodes|machine takes KEY=VALUE, not nodes",
        "A migrate X to=1|unknown option to=1; there are node=",
        "A swapout X[1..4096]|whole pages",
        "expect@ ksm.run == 0|expect@ takes profiles with commas between",
        "expect work.walks == 1|unknown counter walks",
        "process work|cannot name a process",
        "frobnicate|unknown statement frobnicate; there are process, file, ksm, scan",
        "A frobnicate X|unknown statement A frobnicate; did you mean",
        "A mmap|expected a mapping at the end of the line",
        "A mmap X|expected the size at the end of the line",
        "A mmap 1X 4p|must be a name of letters",
        "A mmap X 4p fast|unknown option fast; there are prot=, shared",
        "A mmap X 4p prot=w|unknown protection w; there are none, r, rw, rx, rwx",
        "A mmap X 4p at=X..end|an address is a number, NAME or NAME.end",
        "A mmap X 4p at=5.end|.end goes with a name",
        "A munmap X[3p..1p]|ends before it starts",
        "A munmap X[|a range is NAME, NAME[a..b] or NAME[a]",
        "A write X[1..2p] zero|whole pages of 4096 bytes",
        "A write X[100] zero|whole pages of 4096 bytes",
        "A write X pattern|unknown content pattern; there are zero, byte=B, id=N",
        "A write X byte=256|a byte is 0 to 255",
        "A write X cycle=0|cycle takes at least 1",
        "A poke X 300|a byte is 0 to 255",
        "A madvise X WILLNEED|unknown advice WILLNEED; did you mean",
        "A prctl SET_NAME 1|unknown option of prctl SET_NAME; there are MEMORY_MERGE",
        "A mremap X 4p to=0x1000|to= and dontunmap need move",
        "A exit now|nothing may follow here, but there is now",
        "process scan|scan is a statement's word and cannot name a process",
        "A fork file|cannot name a process",
        "process 9A|must be a name of letters",
        "scan 0|scan takes at least 1 pass",
        "scan pages=0|scan pages takes 1 to 4294967294",
        "scan pages=4294967295|scan pages takes 1 to 4294967294",
        "scan many|the number of passes must be a number",
        "ksm run|ksm takes KEY=VALUE, not run",
        "ksm =2|ksm takes KEY=VALUE",
        "expect ksm.run = 1|unknown comparison =; there are ==, !=, <, <=, >, >=",
        "expect run == 1|a subject is ksm.KEY, work.COUNTER, reports or PROCESS.FIGURE",
        "expect A.size == 1|unknown figure size; there are rmap_items, zero_pages",
        "expect ksm.run == one|the number must be a number",
        "A munmap X => EWHAT|unknown error EWHAT; did you mean",
        "A munmap X => EINVAL ENOMEM|=> takes one error",
        "A munmap X =>|=> takes one error",
        "process A => EINVAL|=> has no meaning here",
        "scan 1 => EBUSY|=> has no meaning here",
        "=> EINVAL|expected a statement at the end of the line"
      })
  void a_wrong_line_is_named_with_the_valid_choices(String line, String says) {
    assertThatThrownBy(() -> ScenarioParser.parse("t.scenario", "process A\n" + line))
        .isInstanceOf(ScenarioException.class)
        .hasMessageStartingWith("t.scenario:2: ")
        .hasMessageContaining(says)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void a_file_that_is_no_scenario_is_refused_in_one_line() throws Exception {
    assertThatThrownBy(() -> ScenarioParser.parse(folder.resolve("none.scenario")))
        .hasMessageEndingWith("none.scenario: no such file");
    assertThatThrownBy(() -> ScenarioParser.parse(folder))
        .hasMessageEndingWith(": is a folder, not a scenario");
    Path empty = Files.writeString(folder.resolve("empty.scenario"), "# nothing\n");
    assertThatThrownBy(() -> ScenarioParser.parse(empty)).hasMessageEndingWith("has no statement");
    Path binary = folder.resolve("binary.scenario");
    Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
    assertThatThrownBy(() -> ScenarioParser.parse(binary))
        .hasMessageEndingWith("is no text in UTF-8");
    Path control = folder.resolve("control.scenario");
    Files.write(control, "process A\nscan\u0000 1\n".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> ScenarioParser.parse(control))
        .hasMessage("control.scenario:2: character U+0000 is not part of the language");
  }

  @Test
  void every_scenario_of_the_corpus_can_be_read() throws Exception {
    try (var files = Files.walk(Scenarios.folder())) {
      List<Path> scenarios = files.filter(file -> file.toString().endsWith(".scenario")).toList();
      assertThat(scenarios).hasSizeGreaterThan(26);
      for (Path file : scenarios) {
        assertThat(ScenarioParser.parse(file).statements()).isNotEmpty();
      }
    }
  }
}
