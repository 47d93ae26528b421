// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check;
import org.samepage.labs.course.Check.Finding;
import org.samepage.labs.desk.Desk;
import org.samepage.labs.grade.Verdict.CheckResult;
import org.samepage.labs.grade.Verdict.Outcome;

/**
 * Grades folders.
 *
 * <p>Student code is compiled here and run elsewhere: a process of its own gets a check's input and
 * returns an output. What is expected, the seed and the verdict never leave the grader.
 */
public final class Grader implements AutoCloseable {
  /** How long one answer may take. */
  public static final long PATIENCE_SECONDS = 60;

  private static final Finding NO_POINTS = new Finding("-", "-", "not judged");

  private final AnswerDesk.Opener opener;
  private final StudentCompiler compiler;
  private final String salt;
  private final long patienceSeconds;

  /**
   * A grader.
   *
   * @param classPath where the project's classes are
   * @param salt a word that makes hidden checks other than those that a student can draw; may be
   *     empty
   */
  public Grader(Jail jail, String classPath, String salt, long patienceSeconds) {
    this(
        (classes, className) -> new DeskProcess(jail, classPath, classes, className),
        classPath,
        salt,
        patienceSeconds);
  }

  Grader(AnswerDesk.Opener opener, String classPath, String salt, long patienceSeconds) {
    this.opener = opener;
    this.compiler = new StudentCompiler(classPath);
    this.salt = salt;
    this.patienceSeconds = patienceSeconds;
  }

  /** Grades one. */
  public Verdict grade(StudentFolder student) throws IOException {
    List<Check> checks = student.lab().checks(salt + student.seed(), student.otherFiles());
    if (!student.isUntouched()) {
      return without(
          student,
          checks,
          Outcome.CHANGED,
          "%s and %s are to be as they were handed out"
              .formatted(StudentFolder.TASK, StudentFolder.CHECKS));
    }
    Path classes = Files.createTempDirectory("samepage-lab");
    try {
      String error = compile(student, classes);
      return error == null
          ? run(student, checks, classes)
          : without(student, checks, Outcome.DOES_NOT_COMPILE, error);
    } catch (AnswerDesk.TooLongException e) {
      return without(
          student,
          checks,
          Outcome.DID_NOT_FINISH,
          "the compiler was not through after %d s".formatted(patienceSeconds));
    } finally {
      delete(classes);
    }
  }

  private @Nullable String compile(StudentFolder student, Path classes)
      throws IOException, AnswerDesk.TooLongException {
    List<Path> sources = student.sources();
    if (sources.isEmpty()) {
      return "there is no " + student.lab().sourceFile();
    }
    String error = compiler.compile(sources, classes, patienceSeconds);
    Path asked = classes.resolve(student.lab().qualifiedClass().replace('.', '/') + ".class");
    return error != null || Files.exists(asked)
        ? error
        : "no class " + student.lab().qualifiedClass() + " came of it";
  }

  private Verdict run(StudentFolder student, List<Check> checks, Path classes) throws IOException {
    List<CheckResult> results = new ArrayList<>();
    AnswerDesk desk = null;
    try {
      for (Check check : checks) {
        if (desk == null) {
          desk = opener.open(classes, student.lab().qualifiedClass());
        }
        String answer = desk.ask(check.request(), patienceSeconds);
        if (answer == null) {
          results.add(new CheckResult(check, ended(desk.ending())));
          desk.close();
          desk = null;
        } else {
          results.add(new CheckResult(check, judge(check, answer)));
        }
      }
    } catch (AnswerDesk.TooLongException e) {
      return without(
          student,
          checks,
          Outcome.DID_NOT_FINISH,
          "no answer after %d s to: %s"
              .formatted(patienceSeconds, checks.get(results.size()).name()));
    } finally {
      if (desk != null) {
        desk.close();
      }
    }
    return new Verdict(student.lab().number(), student.seed(), Outcome.GRADED, "", results);
  }

  private static Finding ended(String how) {
    return new Finding(
        "the process",
        "an answer",
        how,
        "Your code runs in a process that is to go on: no System.exit, nothing that breaks Java,"
            + " nothing written to its standard output.");
  }

  /** What is wrong with an answer; null where nothing is. */
  static @Nullable Finding judge(Check check, String answer) {
    if (answer.startsWith(Desk.CRASH)) {
      return new Finding(
          "the code",
          "an answer",
          answer,
          "An exception left your code; where a line is named, that is where it began.");
    }
    try {
      return check.judge().judge(answer);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      return ended("said what is no answer");
    }
  }

  @Override
  public void close() throws IOException {
    compiler.close();
  }

  private static Verdict without(
      StudentFolder student, List<Check> checks, Outcome outcome, String why) {
    return new Verdict(
        student.lab().number(),
        student.seed(),
        outcome,
        why,
        checks.stream().map(check -> new CheckResult(check, NO_POINTS)).toList());
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
