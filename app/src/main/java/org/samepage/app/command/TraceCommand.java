// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samepage.app.trace.TracePipe;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.Machine;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.config.NearestNames;
import org.samepage.mm.sched.SchedClock;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.run.ScenarioRunner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage trace}. */
@Command(
    name = "trace",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs a scenario and prints the trace points that it passes, as trace_pipe does.",
      "KSM's have the kernel's fields; rmap_walk has those of \"[PATCH v4 0/5] KSM: Optimizations"
          + " for rmap_walk_ksm\"; rmap_walk_work, ours, says what the same walk did."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:it ran, and everything held",
      "1:a failed expectation, or a kernel report that none counted",
      "2:the scenario, the configuration or the command cannot be used",
      "70:an error of our own"
    })
final class TraceCommand implements Callable<Integer> {
  private static final List<String> SYSTEMS = List.of("ksm", "rmap");

  @Parameters(arity = "1", paramLabel = "FILE", description = "A scenario (*.scenario).")
  private Path file;

  @Option(
      names = "--events",
      paramLabel = "ksm,rmap",
      split = ",",
      description = "The trace systems to print. Default: both.")
  private List<String> events = SYSTEMS;

  @Option(
      names = "--profile",
      paramLabel = "P",
      description = "The choice at each extension point; see 'samepage strategies'.")
  private @Nullable String profile;

  @Mixin private MachineOptions machineOptions = new MachineOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  TraceCommand() {}

  @Override
  public Integer call() throws ScenarioException {
    for (String system : events) {
      if (!SYSTEMS.contains(system)) {
        throw new UserMistakeException(
            "unknown trace system %s; %s"
                .formatted(system, NearestNames.sentence(system, SYSTEMS)));
      }
    }
    Workbench workbench = SamepageCommand.workbench(spec);
    MachineConfig config = workbench.configs().load(machineOptions.source(profile));
    Scenario scenario = ScenarioParser.parse(file);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (PortBackend backend = workbench.bootPort(scenario, config)) {
      attach(backend.machine(), out);
      ResultDocument document = ScenarioRunner.run(scenario, backend, err::println);
      document.failures().forEach(err::println);
      document.reports().forEach(report -> err.println(report.at() + ": " + report.text()));
      return document.held() ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private void attach(Machine machine, PrintWriter out) {
    long begin = SchedClock.localClock();
    TracePipe pipe =
        new TracePipe(
            out::println, () -> SchedClock.localClock() - begin, () -> machine.currentTask().comm);
    if (events.contains("ksm")) {
      machine.ksm().tracepoints().tracepointProbeRegister(pipe);
    }
    if (events.contains("rmap")) {
      machine.rmapTracepoints().tracepointProbeRegister(pipe);
    }
  }
}
