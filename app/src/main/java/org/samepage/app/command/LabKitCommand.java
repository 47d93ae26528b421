// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.labs.course.Lab;
import org.samepage.labs.hand.Kit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage lab kit}. */
@Command(
    name = "kit",
    mixinStandardHelpOptions = true,
    description = {
      "Writes an archive with a lab and all that it needs but the JDK, so that it works offline."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:written", "2:no such lab, or the file cannot be written"})
final class LabKitCommand implements Callable<Integer> {
  @Parameters(arity = "1", paramLabel = "N", description = "The lab's number.")
  private int number;

  @Option(
      names = "--seed",
      paramLabel = "STUDENT",
      defaultValue = "student",
      description = "What hidden checks are drawn from, such as a name. Default: student.")
  private String seed;

  @Option(names = "-o", required = true, paramLabel = "FILE", description = "The archive (.zip).")
  private Path file;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  LabKitCommand() {}

  @Override
  public Integer call() throws IOException {
    Lab lab = LabCommand.lab(number);
    String student = LabCommand.seed(seed);
    Path target = SafeFile.check(file);
    try (OutputStream out = Files.newOutputStream(target)) {
      Kit.write(lab, student, System.getProperty("java.class.path"), out);
    }
    spec.commandLine()
        .getOut()
        .printf("lab %d, %s, is in %s (%,d bytes)%n", number, lab.title(), file, Files.size(file));
    return ExitCode.OK;
  }
}
