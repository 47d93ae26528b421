// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.result.ResultJson;
import org.samepage.scenario.run.ScenarioRunner;

/** Runs what was rehearsed on the other side, and compares after each statement and at the end. */
final class Duel {
  private static final int SHOWN = 12;

  private final Rehearsal rehearsal;
  private final Scenario scenario;
  private final String rival;
  private @Nullable ResultDocument document;
  private int compared;

  Duel(Rehearsal rehearsal, String rival) throws ScenarioException {
    this.rehearsal = rehearsal;
    this.scenario = rehearsal.scenario();
    this.rival = rival;
  }

  /**
   * Runs it.
   *
   * @return how the two differ; empty where they do not
   */
  List<String> fight(Backend backend) {
    ScenarioRunner runner = new ScenarioRunner(scenario.file(), backend, line -> {});
    List<String> found = List.of();
    for (Statement statement : scenario.statements()) {
      found = found.isEmpty() ? step(statement, backend, runner) : goOn(statement, runner, found);
    }
    document = runner.result(scenario.name());
    return !found.isEmpty()
        ? found
        : ResultComparison.differences(
            ResultJson.tree(rehearsal.document()), ResultJson.tree(document));
  }

  private List<String> step(Statement statement, Backend backend, ScenarioRunner runner) {
    try {
      runner.carryOut(statement);
    } catch (ScenarioException e) {
      return List.of("on %s: %s".formatted(rival, e.getMessage()));
    }
    compared++;
    List<String> differences =
        differences(
            rehearsal.observations().get(statement.line() - 1),
            Observation.of(statement, backend, runner));
    if (!differences.isEmpty()) {
      differences.addFirst("after line %s: %s".formatted(statement.line(), statement.text()));
    }
    return differences;
  }

  /** What follows a difference is carried out for the document's sake alone. */
  private static List<String> goOn(Statement statement, ScenarioRunner runner, List<String> found) {
    try {
      var _ = runner.attempt(statement);
    } catch (ScenarioException e) {
      // depends on what differs
    }
    return found;
  }

  /** Lines that one side alone has. */
  private List<String> differences(List<String> port, List<String> other) {
    List<String> found = new ArrayList<>();
    Set<String> onlyPort = new LinkedHashSet<>(port);
    other.forEach(onlyPort::remove);
    Set<String> onlyOther = new LinkedHashSet<>(other);
    port.forEach(onlyOther::remove);
    onlyPort.stream().limit(SHOWN).forEach(line -> found.add("  port: " + line));
    onlyOther.stream().limit(SHOWN).forEach(line -> found.add("  " + rival + ": " + line));
    return found;
  }

  /** How many statements were carried out on both sides and compared. */
  int compared() {
    return compared;
  }

  /** What the other side was left with; null before the fight. */
  @Nullable ResultDocument document() {
    return document;
  }
}
