// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.samepage.app.output.DocumentSink;
import org.samepage.app.output.ResultSummary;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.host.session.HostSession;
import org.samepage.machine.config.MachineConfig;
import org.samepage.mm.report.KernelBugException;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.result.ResultDocument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs scenarios, each on a machine of its own.",
      "Without --json it prints a summary of each."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all ran, and everything held",
      "1:a failed expectation, or a kernel report that none counted",
      "2:a scenario, the configuration or the command cannot be used",
      "3:the host backend: the machine lacks something, or someone is in the way",
      "70:an error of our own"
    })
final class RunCommand implements Callable<Integer> {
  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Scenarios (*.scenario).")
  private List<Path> files = List.of();

  @Option(
      names = "--profile",
      paramLabel = "P",
      description = "The choice at each extension point; see 'samepage strategies'.")
  private @Nullable String profile;

  @Mixin private MachineOptions machine = new MachineOptions();

  @Option(
      names = "--json",
      paramLabel = "FILE|FOLDER|-",
      description =
          "Write the result document to a file; with several scenarios to a folder, one NAME.json"
              + " each; '-' prints one document a line.")
  private @Nullable String json;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "1",
      description = "Scenarios that run at the same time. Default: ${DEFAULT-VALUE}.")
  private int jobs;

  @Option(
      names = "--backend",
      paramLabel = "port|host",
      defaultValue = "PORT",
      description = "Run on the port, or on this machine's own kernel. Default: port.")
  private BackendName backend = BackendName.PORT;

  @Mixin private HostOptions host = new HostOptions();

  @Spec private CommandSpec spec;

  /** Where scenarios run. */
  enum BackendName {
    PORT,
    HOST
  }

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  RunCommand() {}

  /** What one scenario gave: a document, or why there is none; and what it showed. */
  private record Outcome(
      Path path, @Nullable ResultDocument document, @Nullable String problem, List<String> shown) {}

  @Override
  public Integer call() {
    if (jobs < 1) {
      throw new UserMistakeException("--jobs takes at least 1, not " + jobs);
    }
    Workbench workbench = SamepageCommand.workbench(spec);
    MachineConfig config = workbench.configs().load(machine.source(profile));
    DocumentSink sink = DocumentSink.of(json, files);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (backend == BackendName.HOST) {
      refuseChoices(workbench, profile, machine);
      try (HostSession session = host.open(err)) {
        return onHost(workbench, session, config, sink, out, err);
      }
    }
    int code = ExitCode.OK;
    try (ExecutorService pool = Executors.newFixedThreadPool(jobs)) {
      List<Future<Outcome>> running = new ArrayList<>();
      for (Path file : files) {
        running.add(
            pool.submit(
                () -> runOne(file, (scenario, shown) -> workbench.run(scenario, config, shown))));
      }
      for (Future<Outcome> future : running) {
        code = Math.max(code, report(await(future), sink, out, err));
      }
    }
    return code;
  }

  /** A kernel has the strategies and the memory that it has. */
  static void refuseChoices(Workbench workbench, @Nullable String profile, MachineOptions machine) {
    List<String> senseless = new ArrayList<>();
    if (profile != null) {
      senseless.add("--profile");
    }
    workbench.configs().userKeys(machine.source(null)).stream()
        .filter(key -> !key.startsWith("ksm."))
        .forEach(senseless::add);
    if (!senseless.isEmpty()) {
      throw new UserMistakeException(
          "%s: the host backend takes ksm.* alone; all else is as its kernel has it"
              .formatted(String.join(", ", senseless)));
    }
  }

  private int onHost(
      Workbench workbench,
      HostSession session,
      MachineConfig config,
      DocumentSink sink,
      PrintWriter out,
      PrintWriter err) {
    int code = ExitCode.OK;
    for (Path file : files) {
      Outcome outcome =
          runOne(file, (scenario, shown) -> workbench.runOnHost(scenario, session, config, shown));
      code = Math.max(code, report(outcome, sink, out, err));
    }
    return code;
  }

  private static Outcome await(Future<Outcome> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Runs a scenario somewhere. */
  private interface Run {
    ResultDocument of(Scenario scenario, Consumer<String> shown) throws ScenarioException;
  }

  private static Outcome runOne(Path file, Run run) {
    List<String> shown = new ArrayList<>();
    try {
      return new Outcome(file, run.of(ScenarioParser.parse(file), shown::add), null, shown);
    } catch (ScenarioException | KernelBugException e) {
      return new Outcome(file, null, e.getMessage(), shown);
    }
  }

  private static int report(Outcome outcome, DocumentSink sink, PrintWriter out, PrintWriter err) {
    PrintWriter shownTo = sink.printsDocuments() ? err : out;
    outcome.shown.forEach(shownTo::println);
    ResultDocument document = outcome.document;
    if (document == null) {
      err.println(outcome.problem);
      return ExitCode.USAGE;
    }
    if (sink.isNone()) {
      ResultSummary.print(document, out);
    } else {
      sink.accept(document, out);
      document.failures().forEach(err::println);
      document.reports().forEach(report -> err.println(report.at() + ": " + report.text()));
    }
    return document.held() ? ExitCode.OK : ExitCode.FAILED;
  }
}
