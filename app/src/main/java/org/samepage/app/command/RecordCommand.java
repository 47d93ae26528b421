// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.samepage.app.output.RecordedFile;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.host.session.HostSession;
import org.samepage.host.session.Requirements;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.result.RecordedResult;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.result.ResultJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code samepage record}. */
@Command(
    name = "record",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs scenarios on the real kernel, three times each, and writes NAME.expected.json beside"
          + " NAME.scenario, and NAME.recorded with the kernel's version.",
      "A result that exists and is another is left alone, unless --replace is given."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all are recorded",
      "1:runs differ from each other, or from what is recorded, or an expectation failed",
      "2:a scenario or the command cannot be used",
      "3:the machine lacks something, or someone is in the way"
    })
final class RecordCommand implements Callable<Integer> {
  private static final int RUNS = 3;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Scenarios (NAME.scenario).")
  private List<Path> files = List.of();

  @Option(names = "--replace", description = "Overwrite results that are different.")
  private boolean replace;

  @Mixin private HostOptions host = new HostOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  RecordCommand() {}

  @Override
  public Integer call() throws ScenarioException {
    List<Scenario> scenarios = new ArrayList<>();
    for (Path file : files) {
      if (!RecordedResult.isScenario(file)) {
        throw new UserMistakeException(file + " is no NAME.scenario");
      }
      SafeFile.check(RecordedResult.of(file));
      scenarios.add(ScenarioParser.parse(file));
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Workbench workbench = SamepageCommand.workbench(spec);
    int code = ExitCode.OK;
    try (HostSession session = host.open(err)) {
      for (int i = 0; i < scenarios.size(); i++) {
        boolean recorded = record(workbench, session, files.get(i), scenarios.get(i), out, err);
        code = recorded ? code : ExitCode.FAILED;
      }
    }
    return code;
  }

  private boolean record(
      Workbench workbench,
      HostSession session,
      Path file,
      Scenario scenario,
      PrintWriter out,
      PrintWriter err)
      throws ScenarioException {
    ResultDocument first = workbench.runOnHost(scenario, session, line -> {});
    JsonNode tree = ResultJson.tree(first);
    for (int run = 1; run < RUNS; run++) {
      JsonNode again = ResultJson.tree(workbench.runOnHost(scenario, session, line -> {}));
      List<String> differences = ResultComparison.differences(tree, again);
      if (!differences.isEmpty()) {
        return differs(file, "two runs differ", differences, err);
      }
    }
    Path recorded = RecordedResult.of(file);
    if (Files.exists(recorded) && !replace) {
      List<String> differences = ResultComparison.differences(RecordedFile.read(recorded), tree);
      return differences.isEmpty()
          ? said(out, file + ": as recorded")
          : differs(
              file, "differs from what is recorded (--replace overwrites it)", differences, err);
    }
    first.failures().forEach(err::println);
    SafeFile.write(recorded, ResultJson.pretty(first));
    SafeFile.write(
        RecordedResult.origin(file),
        """
        kernel = %s
        command = samepage record %s
        runs = %d
        """
            .formatted(Requirements.kernelVersion(), file.getFileName(), RUNS));
    var _ = said(out, file + ": recorded");
    return first.failures().isEmpty();
  }

  private static boolean said(PrintWriter out, String line) {
    out.println(line);
    return true;
  }

  private static boolean differs(
      Path file, String what, List<String> differences, PrintWriter err) {
    err.println(file + ": " + what);
    differences.forEach(difference -> err.println("  " + difference));
    return false;
  }
}
