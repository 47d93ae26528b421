// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.labs.course.Check;
import org.samepage.labs.course.Lab;
import org.samepage.labs.course.Labs;
import org.samepage.labs.desk.Desk;
import org.samepage.labs.hand.HandOut;

/** Each lab tells right from wrong. The code runs in this process: what it answers is the same. */
final class LabsTest {
  private static final int SEEDS = 20;
  private static final int LEAST_MUTANTS = 6;

  private static final StudentCompiler COMPILER =
      new StudentCompiler(System.getProperty("java.class.path"));

  @TempDir Path folder;

  @AfterAll
  static void close() throws Exception {
    COMPILER.close();
  }

  private URLClassLoader compile(Lab lab, Map<String, String> files) throws Exception {
    Path source = folder.resolve(lab.sourceFile());
    Files.createDirectories(source.getParent());
    Files.writeString(source, files.get(lab.sourceFile()));
    Path classes = Files.createTempDirectory(folder, "classes");
    assertThat(COMPILER.compile(List.of(source), classes, Grader.PATIENCE_SECONDS))
        .as("it compiles")
        .isNull();
    return new URLClassLoader(new URL[] {classes.toUri().toURL()}, LabsTest.class.getClassLoader());
  }

  /** Failed checks, each with what was wrong. */
  private static List<String> failures(
      Lab lab,
      URLClassLoader code,
      String seed,
      Map<String, String> files,
      Predicate<Check> which,
      int enough) {
    List<String> failures = new ArrayList<>();
    for (Check check : lab.checks(seed, files)) {
      if (which.test(check) && failures.size() < enough) {
        String answer = Desk.answer(check.request(), code, lab.qualifiedClass());
        Check.Finding finding = Grader.judge(check, answer);
        if (finding != null) {
          failures.add(check.name() + ": " + finding);
        }
      }
    }
    return failures;
  }

  static List<Lab> labs() {
    return Labs.all();
  }

  static List<Mutants.Mutant> mutants() {
    return Mutants.all();
  }

  @ParameterizedTest
  @MethodSource("labs")
  void the_solution_passes_every_check_for_every_student(Lab lab) throws Exception {
    Map<String, String> solution = Mutants.solution(lab);
    try (URLClassLoader code = compile(lab, solution)) {
      for (int i = 0; i < SEEDS; i++) {
        boolean first = i == 0; // what is not hidden is the same for all
        String seed = "student-" + i;
        assertThat(failures(lab, code, seed, solution, c -> first || c.hidden(), Integer.MAX_VALUE))
            .as("lab %d, seed %s", lab.number(), seed)
            .isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("labs")
  void what_is_handed_out_compiles_and_passes_nothing(Lab lab) throws Exception {
    Map<String, String> handedOut = HandOut.files(lab, "nobody");
    try (URLClassLoader code = compile(lab, handedOut)) {
      assertThat(failures(lab, code, "nobody", handedOut, c -> true, Integer.MAX_VALUE))
          .hasSameSizeAs(lab.checks("nobody", handedOut));
    }
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void each_mutant_of_a_solution_fails_a_check(Mutants.Mutant mutant) throws Exception {
    Map<String, String> files = new HashMap<>(mutant.files());
    try (URLClassLoader code = compile(mutant.lab(), files)) {
      assertThat(failures(mutant.lab(), code, "mutant", files, c -> true, 1)).hasSize(1);
    }
  }

  @Test
  void a_scan_that_is_given_the_same_page_for_ever_is_stopped_by_its_work() throws Exception {
    Mutants.Mutant mutant =
        Mutants.all().stream()
            .filter(m -> m.name().equals("the walk starts at the VMA's start each time"))
            .findFirst()
            .orElseThrow();
    try (URLClassLoader code = compile(mutant.lab(), mutant.files())) {
      assertThat(failures(mutant.lab(), code, "any", Map.of(), c -> true, 1).getFirst())
          .contains("still not through after 1,048,576 pages and tables");
    }
  }

  @Test
  void every_lab_has_mutants_and_points_enough() {
    Map<Integer, Long> byLab =
        Mutants.all().stream()
            .collect(Collectors.groupingBy(m -> m.lab().number(), Collectors.counting()));
    assertThat(byLab).hasSize(Labs.all().size());
    assertThat(byLab.values()).allMatch(count -> count >= LEAST_MUTANTS);
    for (Lab lab : Labs.all()) {
      assertThat(lab.checks("", Map.of()).stream().mapToInt(Check::points).sum())
          .as(lab.title())
          .isGreaterThanOrEqualTo(10);
    }
  }
}
