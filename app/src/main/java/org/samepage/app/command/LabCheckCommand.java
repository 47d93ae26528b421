// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samepage.app.lab.VerdictText;
import org.samepage.app.lab.VerdictText.Hint;
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
import picocli.CommandLine.Spec;

/** {@code samepage lab check}. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Grades a student's folder and says what is wrong.",
      "Only results and work counts matter, never time; a run that does not end is stopped and gets"
          + " no points."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:full points", "1:fewer", "2:the folder is none of a lab"})
final class LabCheckCommand implements Callable<Integer> {
  @Option(
      names = "--dir",
      paramLabel = "D",
      defaultValue = ".",
      description = "The student's folder. Default: the current one.")
  private Path dir;

  @Option(
      names = "--hint",
      paramLabel = "none|some|full",
      defaultValue = "FULL",
      description =
          "What a failed check tells: nothing more; what was expected and what came; and a"
              + " sentence of help. Default: full.")
  private Hint hint;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write the verdict as a document; '-' prints it.")
  private @Nullable String json;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  LabCheckCommand() {}

  @Override
  public Integer call() throws IOException {
    Path target = json == null || json.equals("-") ? null : SafeFile.check(Path.of(json));
    Jail jail = Jail.best();
    Verdict verdict;
    try (Grader grader =
        new Grader(jail, System.getProperty("java.class.path"), "", Grader.PATIENCE_SECONDS)) {
      verdict = grader.grade(StudentFolder.open(dir));
    } catch (StudentFolder.NoLabException e) {
      throw new UserMistakeException(String.valueOf(e.getMessage()));
    }
    if (json == null || target != null) {
      VerdictText.print(verdict, hint, spec.commandLine().getOut());
    }
    if (target != null) {
      SafeFile.write(target, VerdictText.json(verdict, hint) + "\n");
    } else if (json != null) {
      spec.commandLine().getOut().println(VerdictText.json(verdict, hint));
    }
    return verdict.isFull() ? ExitCode.OK : ExitCode.FAILED;
  }
}
