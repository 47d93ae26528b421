// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.util.stream.Collectors;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.labs.course.Lab;
import org.samepage.labs.course.Labs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code samepage lab}. */
@Command(
    name = "lab",
    mixinStandardHelpOptions = true,
    description = "Labs of a course: hand them out, check one, grade a class.",
    subcommands = {
      LabStartCommand.class,
      LabKitCommand.class,
      LabCheckCommand.class,
      LabGradeCommand.class
    })
final class LabCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  LabCommand() {}

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
    Labs.all()
        .forEach(
            lab -> spec.commandLine().getOut().printf("  lab %d  %s%n", lab.number(), lab.title()));
  }

  /** The lab that a user asks for. */
  static Lab lab(int number) {
    if (!Labs.has(number)) {
      throw new UserMistakeException(
          "there is no lab %d; there are %s"
              .formatted(
                  number,
                  Labs.all().stream()
                      .map(lab -> lab.number() + " (" + lab.title() + ")")
                      .collect(Collectors.joining(", "))));
    }
    return Labs.of(number);
  }

  /** A seed that can stand in a file name and a properties file. */
  static String seed(String seed) {
    if (!seed.matches("[A-Za-z0-9_.-]{1,64}")) {
      throw new UserMistakeException(
          "a seed is 1 to 64 letters, digits, dots, dashes or underscores, not '" + seed + "'");
    }
    return seed;
  }
}
