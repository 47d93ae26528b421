// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.samepage.app.lab.VerdictText;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.labs.grade.Grader;
import org.samepage.labs.grade.Jail;
import org.samepage.labs.grade.StudentFolder;
import org.samepage.labs.grade.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage lab grade}. */
@Command(
    name = "grade",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Grades a class: a line for each folder, on standard output and in a table.",
      "A folder that cannot be graded is a line too."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:graded, whatever the points", "2:the table cannot be written"})
final class LabGradeCommand implements Callable<Integer> {
  private static final String HEADER = "folder,seed,lab,points,out_of,outcome,why";

  @Parameters(arity = "1..*", paramLabel = "DIR", description = "Students' folders.")
  private List<Path> folders = List.of();

  @Option(names = "--csv", required = true, paramLabel = "FILE", description = "The table.")
  private Path csv;

  @Option(
      names = "--salt",
      paramLabel = "WORD",
      defaultValue = "",
      description =
          "Draws hidden checks that no student has seen. Without it they are those of 'lab check'.")
  private String salt;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "2",
      description = "Folders that are graded at the same time. Default: ${DEFAULT-VALUE}.")
  private int jobs;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "" + Grader.PATIENCE_SECONDS,
      description = "How long one answer may take. Default: ${DEFAULT-VALUE}.")
  private long patience;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  LabGradeCommand() {}

  /** A line of the table, and one to print. */
  private record Line(String csv, String shown) {}

  @Override
  public Integer call() throws IOException {
    if (jobs < 1 || patience < 1) {
      throw new UserMistakeException("--jobs and --patience take at least 1");
    }
    Path target = SafeFile.check(csv);
    Jail jail = Jail.best();
    PrintWriter out = spec.commandLine().getOut();
    spec.commandLine().getErr().println(jail.describe());
    StringBuilder table = new StringBuilder(HEADER).append('\n');
    try (Grader grader = new Grader(jail, System.getProperty("java.class.path"), salt, patience);
        ExecutorService pool = Executors.newFixedThreadPool(jobs)) {
      List<Future<Line>> running = new ArrayList<>();
      for (Path folder : folders) {
        running.add(pool.submit(() -> grade(grader, folder)));
      }
      for (Future<Line> future : running) {
        Line line = await(future);
        table.append(line.csv).append('\n');
        out.println(line.shown);
      }
    }
    SafeFile.write(target, table.toString());
    return ExitCode.OK;
  }

  private static Line grade(Grader grader, Path folder) {
    try {
      Verdict verdict = grader.grade(StudentFolder.open(folder));
      return new Line(
          VerdictText.csv(folder.toString(), verdict),
          "%s: lab %d, %d of %d points%s"
              .formatted(
                  folder,
                  verdict.lab(),
                  verdict.points(),
                  verdict.outOf(),
                  verdict.outcome() == Verdict.Outcome.GRADED
                      ? ""
                      : ", " + VerdictText.outcome(verdict)));
    } catch (StudentFolder.NoLabException e) {
      String why = String.valueOf(e.getMessage());
      return new Line(VerdictText.csvOfNone(folder.toString(), "no lab", why), why);
    } catch (IOException | RuntimeException e) { // the others are graded all the same
      return new Line(
          VerdictText.csvOfNone(folder.toString(), "not graded", e.toString()),
          folder + " cannot be graded: " + e);
    }
  }

  private static Line await(Future<Line> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
