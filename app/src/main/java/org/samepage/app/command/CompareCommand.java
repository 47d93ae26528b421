// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samepage.app.compare.Comparison;
import org.samepage.app.compare.ComparisonTable;
import org.samepage.app.compare.Row;
import org.samepage.app.output.Progress;
import org.samepage.app.output.RecordedFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.config.MachineConfig;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.result.RecordedResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code samepage compare}. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs one scenario under several profiles and compares results and work.",
      "Each row is compared with the first that finished, and that with the result recorded on a"
          + " real kernel, if NAME.expected.json is beside the scenario and nothing is overridden."
          + " An operation that would probe more addresses than the limit is stopped; its row then"
          + " says how many it would need."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all finished rows are equal",
      "1:a row differs, or the recorded result",
      "2:the scenario, the configuration or the command cannot be used",
      "70:an error of our own"
    })
final class CompareCommand implements Callable<Integer> {
  private static final String DEFAULT_PROBE_LIMIT = "1073741824";

  @Parameters(arity = "1", paramLabel = "FILE", description = "A scenario (*.scenario).")
  private Path file;

  @Option(
      names = "--profiles",
      paramLabel = "a,b,…",
      split = ",",
      description = "The profiles to compare, in this order. Default: all.")
  private @Nullable List<String> profiles;

  @Option(
      names = "--probe-limit",
      paramLabel = "N",
      defaultValue = DEFAULT_PROBE_LIMIT,
      description =
          "Addresses that one operation (a scan pass, an unmerge call) may probe. Default:"
              + " ${DEFAULT-VALUE}.")
  private long probeLimit;

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private JsonOption json = new JsonOption();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  CompareCommand() {}

  @Override
  public Integer call() throws ScenarioException {
    if (probeLimit < 1) {
      throw new UserMistakeException("--probe-limit takes at least 1, not " + probeLimit);
    }
    Workbench workbench = SamepageCommand.workbench(spec);
    if (profiles != null && profiles.isEmpty()) {
      throw new UserMistakeException(
          "--profiles takes at least one of "
              + String.join(", ", workbench.configs().profileNames()));
    }
    List<String> names = profiles == null ? workbench.configs().profileNames() : profiles;
    List<MachineConfig> configs = new ArrayList<>();
    for (String name : names) {
      configs.add(workbench.configs().load(machine.source(name)));
    }
    json.check();
    Scenario scenario = ScenarioParser.parse(file);
    JsonNode recorded = recorded();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter shownTo = json.isGiven() ? err : out;
    Comparison comparison = new Comparison(workbench, scenario, probeLimit, shownTo::println);
    List<Row> rows;
    try (Progress progress = new Progress()) {
      rows = comparison.rows(configs, progress);
    }
    json.write(out, to -> ComparisonTable.print(rows, to), () -> ComparisonTable.json(rows));
    List<String> offRecord = recorded == null ? null : comparison.differencesFrom(recorded);
    if (offRecord == null) {
      return exitCode(rows);
    }
    if (!json.isGiven() || !offRecord.isEmpty()) {
      ComparisonTable.printRecorded(offRecord, shownTo);
    }
    return offRecord.isEmpty() ? exitCode(rows) : ExitCode.FAILED;
  }

  /** What a real kernel gave, unless the user has changed the machine that it was recorded on. */
  private @Nullable JsonNode recorded() {
    Path beside = machine.changed() ? null : RecordedResult.ifThere(file);
    return beside == null ? null : RecordedFile.read(beside);
  }

  /** 1 where a row differs from the first; a row that was stopped does not. */
  static int exitCode(List<Row> rows) {
    boolean differs = rows.stream().anyMatch(row -> row.outcome() == Row.Outcome.DIFFERENT);
    return differs ? ExitCode.FAILED : ExitCode.OK;
  }
}
