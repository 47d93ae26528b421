// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.Workbench;
import org.samepage.host.agent.AgentBinary;
import org.samepage.host.doctor.KernelProbe;
import org.samepage.host.doctor.KernelTraits;
import org.samepage.host.session.HostSession;
import org.samepage.host.session.Requirements;
import org.samepage.host.session.Requirements.Requirement;
import org.samepage.machine.config.Profile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code samepage doctor}. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says whether scenarios can run on this machine's own kernel, and which profile fits it.",
      "Which one fits is measured: how long a pass and an unmerge of a sparse mapping take."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:they can",
      "2:nobody can be asked; say --yes",
      "3:something is missing, or in the way"
    })
final class DoctorCommand implements Callable<Integer> {
  private static final String KERNELS = "linux-";
  private static final String PER_ADDRESS = "per-address";

  @Mixin private HostOptions host = new HostOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DoctorCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    boolean all = true;
    for (Requirement requirement : new Requirements(new AgentBinary(System.getenv())).check()) {
      out.printf(
          "%-8s %s: %s%n",
          requirement.met() ? "ok" : "MISSING", requirement.what(), requirement.detail());
      all &= requirement.met();
    }
    if (!all) {
      return ExitCode.SURROUNDINGS;
    }
    try (HostSession session = host.open(spec.commandLine().getErr())) {
      Workbench workbench = SamepageCommand.workbench(spec);
      session.begin(Map.of());
      KernelTraits traits = new KernelProbe(session).traits();
      out.printf(
          "scan     %s (512 times the size takes %.1f times as long)%n",
          way(traits.scansByAddress()), traits.scanRatio());
      out.printf(
          "unmerge  %s (512 times the size takes %.1f times as long)%n",
          way(traits.unmergesByAddress()), traits.unmergeRatio());
      List<String> fitting = fitting(workbench, traits);
      out.println(
          fitting.isEmpty() ? "fits     no profile" : "fits     " + String.join(", ", fitting));
    }
    return ExitCode.OK;
  }

  private static String way(boolean byAddress) {
    return byAddress ? "address by address" : "by range";
  }

  /** The profiles of released kernels that do as this one does. */
  static List<String> fitting(Workbench workbench, KernelTraits traits) {
    return workbench.configs().profiles().values().stream()
        .filter(profile -> profile.name().startsWith(KERNELS))
        .filter(profile -> byAddress(profile, "scan") == traits.scansByAddress())
        .filter(profile -> byAddress(profile, "unmerge") == traits.unmergesByAddress())
        .map(Profile::name)
        .toList();
  }

  private static boolean byAddress(Profile profile, String point) {
    return PER_ADDRESS.equals(profile.strategies().get(point));
  }
}
