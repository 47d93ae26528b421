// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.run.ScenarioRunner;

/** What is looked at after a statement, without touching any page. */
final class Observation {
  private Observation() {}

  /** The VMAs of all processes, and after what KSM has a part in, its figures. */
  static List<String> of(Statement statement, Backend backend, ScenarioRunner runner) {
    List<String> seen = new ArrayList<>();
    for (Map.Entry<String, BackendProcess> process : runner.processes().entrySet()) {
      for (String line : process.getValue().maps()) {
        seen.add(process.getKey() + " maps " + line);
      }
    }
    if (isKsms(statement.action())) {
      for (String name : backend.ksmNames()) {
        seen.add("ksm." + name + " " + backend.ksm(name));
      }
      runner.processes().forEach((name, process) -> seen.add(name + " " + process.ksmStat()));
    }
    return seen;
  }

  private static boolean isKsms(Action action) {
    return action instanceof Action.ScanPages
        || action instanceof Action.ScanPasses
        || action instanceof Action.KsmWrite
        || action instanceof Action.Madvise
        || action instanceof Action.PrctlMemoryMerge
        || action instanceof Action.Mremap
        || action instanceof Action.Fork
        || action instanceof Action.Exit;
  }
}
