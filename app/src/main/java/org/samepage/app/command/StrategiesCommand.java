// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.samepage.app.output.CatalogueDocument;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.Workbench;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code samepage strategies}. */
@Command(
    name = "strategies",
    mixinStandardHelpOptions = true,
    description = "Lists the strategies at each extension point, and the profiles.")
final class StrategiesCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print a document instead of text.")
  private boolean json;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  StrategiesCommand() {}

  @Override
  public Integer call() {
    Workbench workbench = SamepageCommand.workbench(spec);
    CatalogueDocument document = CatalogueDocument.of(workbench);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(document.json());
    } else {
      document.print(out);
    }
    return ExitCode.OK;
  }
}
