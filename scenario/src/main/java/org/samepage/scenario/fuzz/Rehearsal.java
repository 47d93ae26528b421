// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.check.MachineChecker;
import org.samepage.mm.report.KernelBugException;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.run.ScenarioRunner;

/**
 * Runs drafts on the port: what cannot be run is left out, what fails is written down with what it
 * fails with. The port's own invariants are checked after each statement.
 */
final class Rehearsal {
  private final String name;
  private final PortBackend backend;
  private final ScenarioRunner runner;
  private final List<String> lines = new ArrayList<>();
  private final List<List<String>> observations = new ArrayList<>();
  private final @Nullable KernelLimits limits;
  private @Nullable String problem;
  private int leftOut;

  Rehearsal(String name, PortBackend backend, Repertoire repertoire) {
    this.name = name;
    this.backend = backend;
    this.limits = repertoire.isKernels() ? new KernelLimits(backend) : null;
    this.runner = new ScenarioRunner(file(), backend, line -> {});
  }

  /** Tries a statement. */
  void attempt(Draft draft) {
    if (problem != null) {
      return;
    }
    try {
      Statement statement = parse(draft.line(), lines.size() + 1);
      if (limits != null && !limits.allow(statement, runner)) {
        leftOut++;
        return;
      }
      String error = runner.attempt(statement);
      lines.add(error == null ? draft.line() : draft.line() + " => " + error);
      if (error == null) {
        draft.done().run();
      }
      List<String> unsound = MachineChecker.problems(backend.machine());
      if (!unsound.isEmpty()) {
        problem = "the port's machine is not sound after %s: %s".formatted(draft.line(), unsound);
      }
      observations.add(Observation.of(statement, backend, runner));
    } catch (ScenarioException | ProbeLimitException e) {
      leftOut++; // unknown names, not supported, too much for a strategy
    } catch (KernelBugException
        | IllegalStateException
        | ArithmeticException
        | IndexOutOfBoundsException
        | NullPointerException e) {
      lines.add(draft.line());
      problem = "the port failed at %s: %s".formatted(draft.line(), e);
    }
  }

  private String file() {
    return name + ".scenario";
  }

  private Statement parse(String line, int number) throws ScenarioException {
    Statement bare = ScenarioParser.parse(file(), line).statements().getFirst();
    return new Statement(number, bare.text(), bare.action(), null, List.of());
  }

  /** The statements that could be carried out, with what they failed with. */
  List<String> lines() {
    return lines;
  }

  /** What was seen after each. */
  List<List<String>> observations() {
    return observations;
  }

  /** How many statements could not be carried out. */
  int leftOut() {
    return leftOut;
  }

  /** What the port did that it never may; null where it did nothing like that. */
  @Nullable String problem() {
    return problem;
  }

  /** The scenario that has come of it. */
  Scenario scenario() throws ScenarioException {
    return ScenarioParser.parse(file(), String.join("\n", lines));
  }

  /** What it left. */
  ResultDocument document() {
    return runner.result(name);
  }
}
