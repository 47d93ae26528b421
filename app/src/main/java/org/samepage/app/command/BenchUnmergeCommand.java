// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.util.concurrent.Callable;
import org.samepage.app.bench.UnmergeBench;
import org.samepage.app.bench.UnmergeReport;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.machine.SyscallException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code samepage bench unmerge}. */
@Command(
    name = "unmerge",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Unmerges 32 TiB with one page in them, by madvise, mremap and prctl, under each unmerge"
          + " strategy: table entries read, addresses probed, and time.",
      "A call that would probe more addresses than the limit is stopped, and says how many it"
          + " would need. This machine's own kernel is not asked: up to 6.18 it would be busy for"
          + " ten minutes, and cannot be stopped."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:measured", "2:the command cannot be used", "70:an error of our own"})
final class BenchUnmergeCommand implements Callable<Integer> {
  @Option(
      names = "--calls",
      paramLabel = "N",
      defaultValue = "2000",
      description =
          "Calls of each kind; the time of the first one, and the median of the others, are"
              + " printed. Default: ${DEFAULT-VALUE}.")
  private int calls;

  @Option(
      names = "--probe-limit",
      paramLabel = "N",
      defaultValue = "16777216",
      description = "Addresses that one call may probe. Default: ${DEFAULT-VALUE}.")
  private long probeLimit;

  @Mixin private JsonOption json = new JsonOption();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  BenchUnmergeCommand() {}

  @Override
  public Integer call() throws SyscallException {
    if (calls < 2) {
      throw new UserMistakeException("--calls takes at least 2, not " + calls);
    }
    if (probeLimit < 1) {
      throw new UserMistakeException("--probe-limit takes at least 1, not " + probeLimit);
    }
    json.check();
    UnmergeReport report =
        new UnmergeReport(
            new UnmergeBench(SamepageCommand.workbench(spec), calls, probeLimit).rows());
    json.write(spec.commandLine().getOut(), report::print, report::json);
    return ExitCode.OK;
  }
}
