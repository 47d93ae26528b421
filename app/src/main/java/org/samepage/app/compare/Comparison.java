// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.samepage.app.compare.Row.Outcome;
import org.samepage.app.output.Progress;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.config.MachineConfig;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.result.ResultJson;
import org.samepage.scenario.run.ScenarioRunner;
import tools.jackson.databind.JsonNode;

/** Runs a scenario under one profile after the other and compares with the first that finished. */
public final class Comparison {
  private static final Set<String> LINUX_CLASSES = Set.of("A", "B");

  private final Workbench workbench;
  private final Scenario scenario;
  private final long probeLimit;
  private final Consumer<String> shown;
  private @Nullable JsonNode reference;
  private String referenceClass = "";

  /**
   * A comparison of one scenario.
   *
   * @param probeLimit of each single operation
   * @param shown takes the lines that statements of the first profile print
   */
  public Comparison(
      Workbench workbench, Scenario scenario, long probeLimit, Consumer<String> shown) {
    this.workbench = workbench;
    this.scenario = scenario;
    this.probeLimit = probeLimit;
    this.shown = shown;
  }

  /** The rows, in the order of the configurations. */
  public List<Row> rows(List<MachineConfig> configs, Progress progress) throws ScenarioException {
    List<Row> rows = new ArrayList<>();
    for (MachineConfig config : configs) {
      rows.add(row(config, rows.isEmpty() ? shown : line -> {}, progress));
    }
    return rows;
  }

  /**
   * How the first row that finished differs from another result document.
   *
   * @return null where none has finished
   */
  public @Nullable List<String> differencesFrom(JsonNode recorded) {
    return reference == null ? null : ResultComparison.differences(recorded, reference);
  }

  private Row row(MachineConfig config, Consumer<String> showing, Progress progress)
      throws ScenarioException {
    long start = System.nanoTime();
    try (PortBackend backend = workbench.bootPortToCompare(scenario, config)) {
      ProbeBudget budget = backend.machine().probeBudget();
      budget.limit(probeLimit);
      ProbeClock clock = new ProbeClock(config.profile(), progress, probeLimit);
      budget.onProgress(clock::probed);
      List<String> differences = List.of();
      Outcome outcome;
      Long probesNeeded = null;
      try {
        differences = compare(config, ScenarioRunner.run(scenario, backend, showing));
        outcome = differences.isEmpty() ? Outcome.EQUAL : Outcome.DIFFERENT;
      } catch (ProbeLimitException e) {
        outcome = Outcome.STOPPED;
        probesNeeded = e.needed();
        clock.probed(e.limit());
      }
      double nanos = System.nanoTime() - start;
      return new Row(
          config.profile(),
          config.strategies(),
          outcome,
          differences,
          probesNeeded,
          clock.nanosPerProbe(nanos, backend.machine().work().addressesProbed),
          backend.reports().size(),
          backend.work(),
          backend.ksm("pages_sharing"),
          nanos / 1e9);
    }
  }

  /** Two released kernels' classes promise each other memory, all else everything. */
  private List<String> compare(MachineConfig config, ResultDocument document) {
    JsonNode tree = ResultJson.tree(document);
    String itsClass = workbench.configs().profile(config.profile()).classLetter();
    if (reference == null) {
      reference = tree;
      referenceClass = itsClass;
    }
    boolean acrossClasses = !itsClass.equals(referenceClass) && isLinux(itsClass);
    return acrossClasses && isLinux(referenceClass)
        ? ResultComparison.differencesInMemory(reference, tree)
        : ResultComparison.differences(reference, tree);
  }

  private static boolean isLinux(String resultClass) {
    return LINUX_CLASSES.contains(resultClass);
  }
}
