// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.nio.file.Path;
import org.samepage.app.plugin.StrategySkeleton;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.Workbench;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage strategy}. */
@Command(
    name = "strategy",
    mixinStandardHelpOptions = true,
    description = "Begins a strategy of your own; --plugin takes its jar.")
final class StrategyCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  StrategyCommand() {}

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "new",
      mixinStandardHelpOptions = true,
      description = {
        "Writes the five files of a strategy in a jar of its own, into a folder of its name: a"
            + " strategy that works, a profile that chooses it, and the contract of its extension"
            + " point as its test."
      },
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:written", "2:the name or the point cannot be used"})
  int fresh(
      @Parameters(arity = "1", paramLabel = "NAME", description = "Of the strategy: my-scan.")
          String name,
      @Option(
              names = "--point",
              paramLabel = "POINT",
              defaultValue = "scan",
              description =
                  "scan, unmerge, rmap-walk or rmap-item-layout. Default: ${DEFAULT-VALUE}.")
          String point,
      @Option(
              names = "--in",
              paramLabel = "FOLDER",
              defaultValue = "",
              description = "Where the new folder goes. Default: here.")
          Path where) {
    String version = new SamepageCommand.Version().getVersion()[0].replaceFirst("^samepage ", "");
    Workbench workbench = SamepageCommand.workbench(spec);
    StrategySkeleton.write(
            where, name, point, version, workbench.catalogue(), workbench.configs().profileNames())
        .forEach(spec.commandLine().getOut()::println);
    return ExitCode.OK;
  }
}
