// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.labs.course.Lab;
import org.samepage.labs.hand.HandOut;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage lab start}. */
@Command(
    name = "start",
    mixinStandardHelpOptions = true,
    description = "Makes a student's folder for a lab: the task, the code to complete, the checks.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:made", "2:no such lab, or the folder is there already"})
final class LabStartCommand implements Callable<Integer> {
  @Parameters(arity = "1", paramLabel = "N", description = "The lab's number.")
  private int number;

  @Option(
      names = "--seed",
      paramLabel = "STUDENT",
      defaultValue = "student",
      description = "What hidden checks are drawn from, such as a name. Default: student.")
  private String seed;

  @Option(names = "--dir", paramLabel = "D", description = "The folder. Default: labN.")
  private @Nullable Path dir;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  LabStartCommand() {}

  @Override
  public Integer call() throws IOException {
    Lab lab = LabCommand.lab(number);
    Map<String, String> files = HandOut.files(lab, LabCommand.seed(seed));
    Path folder = dir == null ? Path.of("lab" + number) : dir;
    if (Files.exists(folder)) {
      throw new UserMistakeException(folder + " is there already; --dir names another folder");
    }
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      SafeFile.folder(Objects.requireNonNull(path.toAbsolutePath().getParent()));
      SafeFile.write(path, file.getValue());
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("lab %d, %s, is in %s%n", number, lab.title(), folder);
    out.printf("read %s, complete %s, then%n", folder.resolve("TASK.adoc"), lab.sourceFile());
    out.printf("  samepage lab check --dir %s%n", folder);
    return ExitCode.OK;
  }
}
