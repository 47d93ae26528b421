// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.labs.course.Lab;
import org.samepage.labs.course.Labs;
import org.samepage.labs.grade.Verdict.Outcome;
import org.samepage.labs.hand.HandOut;

/** Whatever a student hands in, there is a clear verdict, and never full points by accident. */
final class GraderTest {
  private static final Lab FIRST = Labs.of(1);
  private static final long PATIENCE_SECONDS = 60;

  @TempDir Path folder;

  private Path handIn(Lab lab, String source) throws Exception {
    Path own = Files.createDirectories(folder.resolve("own"));
    for (Map.Entry<String, String> file : HandOut.files(lab, "someone").entrySet()) {
      Path path = own.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    Files.writeString(own.resolve(lab.sourceFile()), source);
    return own;
  }

  private static String reader(String body) {
    return """
    package student;

    public final class MyEntryReader implements org.samepage.labs.task.EntryReader {
      @Override
      public String read(long word) {
        %s
      }
    }
    """
        .formatted(body);
  }

  private static Verdict grade(Path own, Jail jail, long patience) throws Exception {
    return grade(own, jail, patience, System.getProperty("java.class.path"));
  }

  private static Verdict grade(Path own, Jail jail, long patience, String classPath)
      throws Exception {
    try (Grader grader = new Grader(jail, classPath, "", patience)) {
      return grader.grade(StudentFolder.open(own));
    }
  }

  private Verdict graded(String body) throws Exception {
    return grade(handIn(FIRST, reader(body)), Jail.open(), PATIENCE_SECONDS);
  }

  private static void failsAll(Verdict verdict, String actual) {
    assertThat(verdict.points()).isZero();
    assertThat(verdict.outcome()).isEqualTo(Outcome.GRADED);
    assertThat(verdict.results())
        .allSatisfy(result -> assertThat(result.finding().actual()).contains(actual));
  }

  @Test
  void a_solution_gets_full_points_in_a_process_of_its_own() throws Exception {
    String solution = Mutants.solution(FIRST).get(FIRST.sourceFile());
    Verdict verdict = grade(handIn(FIRST, solution), Jail.best(), PATIENCE_SECONDS);
    assertThat(verdict.isFull()).as(verdict.toString()).isTrue();
  }

  /** As where a kit is started by {@code java -cp "lib/*"}: the process starts elsewhere. */
  @Test
  void a_class_path_may_be_relative() throws Exception {
    Path here = Path.of("").toAbsolutePath();
    String relative =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> here.relativize(Path.of(entry).toAbsolutePath()).toString())
            .collect(Collectors.joining(File.pathSeparator));
    String solution = Mutants.solution(FIRST).get(FIRST.sourceFile());
    Path own = handIn(FIRST, solution);
    assertThat(grade(own, Jail.open(), PATIENCE_SECONDS, relative).isFull()).isTrue();
  }

  @Test
  void a_mistake_of_the_compiler_s_is_told_whole() throws Exception {
    assertThat(graded("return wrod(word);").why())
        .contains("MyEntryReader.java:6: cannot find symbol, symbol:", "wrod(long)");
  }

  @Test
  void a_run_that_does_not_end_gets_nothing() throws Exception {
    Path own = handIn(FIRST, reader("while (true) {}"));
    Verdict verdict = grade(own, Jail.open(), 3);
    assertThat(verdict.outcome()).isEqualTo(Outcome.DID_NOT_FINISH);
    assertThat(verdict.points()).isZero();
    assertThat(verdict.why()).isEqualTo("no answer after 3 s to: nothing, and a page");
  }

  @Test
  void a_process_that_ends_itself_fails_what_it_was_asked() throws Exception {
    Verdict verdict = graded("System.exit(3); return \"none\";");
    failsAll(verdict, "ended without one, with exit code 3");
    assertThat(verdict.results())
        .allSatisfy(result ->
            assertThat(result.check().hintFor(result.finding())).contains("no System.exit"));
  }

  @Test
  void a_source_that_the_compiler_cannot_take_is_told() throws Exception {
    String deep = "(".repeat(20_000) + "1" + ")".repeat(20_000);
    Verdict verdict = graded("return \"\" + " + deep + ";");
    assertThat(verdict.outcome()).isEqualTo(Outcome.DOES_NOT_COMPILE);
    assertThat(verdict.why()).startsWith("the compiler gave up");
  }

  @Test
  void compiling_has_its_time_too() throws Exception {
    Verdict verdict = grade(handIn(FIRST, reader("return \"none\";")), Jail.open(), 0);
    assertThat(verdict.outcome()).isEqualTo(Outcome.DID_NOT_FINISH);
    assertThat(verdict.why()).isEqualTo("the compiler was not through after 0 s");
  }

  @Test
  void what_is_handed_in_beside_sources_does_not_stop_the_grader() throws Exception {
    String solution = Mutants.solution(FIRST).get(FIRST.sourceFile());
    Path own = handIn(FIRST, solution);
    Files.createDirectory(own.resolve("src/student/Folder.java"));
    assertThat(grade(own, Jail.open(), PATIENCE_SECONDS).isFull()).isTrue();
    Path source = own.resolve(FIRST.sourceFile());
    Path others = Files.move(source, folder.resolve("others.java"));
    Files.createSymbolicLink(source, others);
    assertThat(grade(own, Jail.open(), 1).why()).startsWith("there is no src/student/");
  }

  @Test
  void a_file_of_any_bytes_is_read() throws Exception {
    Lab trip = Labs.of(4);
    Path own = handIn(trip, Mutants.solution(trip).get(trip.sourceFile()));
    Files.write(own.resolve("trip.scenario"), new byte[] {-1, -2, 0, 10});
    assertThat(StudentFolder.open(own).otherFiles().get("trip.scenario")).startsWith("\uFFFD");
  }

  @Test
  void an_exception_fails_with_its_line() throws Exception {
    failsAll(
        graded("throw new IllegalStateException(\"no idea\");"),
        "IllegalStateException: no idea at MyEntryReader.java:6");
  }

  @Test
  void memory_has_a_limit() throws Exception {
    failsAll(graded("return \"\" + new long[1 << 30].length;"), "OutOfMemoryError");
  }

  @Test
  void what_is_printed_is_no_answer() throws Exception {
    Verdict verdict =
        graded("System.out.println(\"marker guard\"); System.err.println(\"none\"); return null;");
    failsAll(verdict, "null");
  }

  @Test
  void bytes_on_the_pipe_to_the_grader_are_no_answer_either() throws Exception {
    Verdict verdict =
        graded(
            """
            try (var out = new java.io.FileOutputStream(java.io.FileDescriptor.out)) {
              out.write(new byte[] {0, 0, 0, 4, 'n', 'o', 'n', 'e'});
            } catch (java.io.IOException e) {
              return "";
            }
            return "none";
            """);
    assertThat(verdict.points()).isZero();
  }

  @Test
  void what_does_not_compile_says_where() throws Exception {
    Verdict verdict = graded("return 5;");
    assertThat(verdict.outcome()).isEqualTo(Outcome.DOES_NOT_COMPILE);
    assertThat(verdict.why()).startsWith("MyEntryReader.java:6: ");
    assertThat(verdict.points()).isZero();
    assertThat(verdict.outOf()).isEqualTo(10);
  }

  @Test
  void a_missing_class_is_told() throws Exception {
    Path own = handIn(FIRST, "package student; class Other {}");
    assertThat(grade(own, Jail.open(), 1).why())
        .isEqualTo("no class student.MyEntryReader came of it");
    Files.delete(own.resolve(FIRST.sourceFile()));
    assertThat(grade(own, Jail.open(), 1).why())
        .isEqualTo("there is no src/student/MyEntryReader.java");
  }

  @Test
  void a_changed_check_file_gets_nothing() throws Exception {
    String solution = Mutants.solution(FIRST).get(FIRST.sourceFile());
    Path own = handIn(FIRST, solution);
    Files.writeString(own.resolve(StudentFolder.CHECKS), "# nothing to check\n");
    Verdict verdict = grade(own, Jail.open(), 1);
    assertThat(verdict.outcome()).isEqualTo(Outcome.CHANGED);
    assertThat(verdict.points()).isZero();
  }

  @Test
  void a_folder_that_is_none_of_a_lab_is_refused() throws Exception {
    assertThatThrownBy(() -> StudentFolder.open(folder))
        .isInstanceOf(StudentFolder.NoLabException.class)
        .hasMessageContaining("lab start");
    Files.writeString(folder.resolve(StudentFolder.PROPERTIES), "lab=7\nseed=x\n");
    assertThatThrownBy(() -> StudentFolder.open(folder)).hasMessageContaining("labs 1 to 6");
  }

  @Test
  void behind_walls_nothing_is_written_outside_and_there_is_no_network() throws Exception {
    Jail jail = Jail.best();
    assumeTrue(jail.isClosed(), "this system has no unshare(1) that works");
    Path outside = folder.resolve("outside");
    String body =
        """
        String seen = "";
        try {
          java.nio.file.Files.writeString(java.nio.file.Path.of("%s"), "x");
          seen += "written ";
        } catch (java.io.IOException e) {
          seen += "refused ";
        }
        try {
          java.nio.file.Files.writeString(java.nio.file.Path.of("own"), "x");
          seen += "own ";
        } catch (java.io.IOException e) {
          seen += "not even its own ";
        }
        try {
          var up = java.util.Collections.list(java.net.NetworkInterface.getNetworkInterfaces())
              .stream().filter(i -> !i.getName().equals("lo")).count();
          seen += up + " interfaces";
        } catch (java.net.SocketException e) {
          seen += "0 interfaces";
        }
        return seen;
        """
            .formatted(outside);
    failsAll(
        grade(handIn(FIRST, reader(body)), jail, PATIENCE_SECONDS), "refused own 0 interfaces");
    assertThat(outside).doesNotExist();
    failsAll(graded(body), "written own");
    assertThat(outside).exists();
  }

  @Test
  void another_salt_draws_other_checks() {
    assertThat(FIRST.checks("ab", Map.of()).get(2).request())
        .isEqualTo(FIRST.checks("ab", Map.of()).get(2).request())
        .isNotEqualTo(FIRST.checks("saltab", Map.of()).get(2).request());
  }
}
