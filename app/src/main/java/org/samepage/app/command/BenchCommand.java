// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code samepage bench}: what things cost; each measurement is a subcommand. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures what things cost, and what they cost on this machine's own kernel.",
    subcommands = {BenchRmapWalkCommand.class, BenchScanCommand.class, BenchUnmergeCommand.class})
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  BenchCommand() {}

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
