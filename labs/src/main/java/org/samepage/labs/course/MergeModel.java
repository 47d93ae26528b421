// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import org.samepage.labs.machine.LabMachines;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.port.PortBackend;

/** What ksmd counts after each pass: the machine tells. */
final class MergeModel {
  private static final int PAGES = 64;

  /** A statement that changes nothing. */
  private static final String NOTHING = "expect ksm.smart_scan == 0";

  private static final Memo<List<String>> KNOWN = new Memo<>();

  private MergeModel() {}

  /** The answer's lines. */
  static List<String> of(String steps) {
    return KNOWN.of(steps, () -> run(steps));
  }

  private static List<String> run(String steps) {
    StringBuilder text = new StringBuilder("ksm smart_scan=0\nprocess A\n");
    text.append("A mmap X %dp\nA madvise X MERGEABLE\n".formatted(PAGES));
    for (String step : steps.lines().toList()) {
      String[] words = step.split(" ");
      text.append(
          switch (words[0]) {
            case "w" -> "A write X[%sp] id=%s\n".formatted(words[1], words[2]);
            case "s" -> "scan 1\n";
            default -> NOTHING + "\n";
          });
    }
    List<String> lines = new ArrayList<>();
    try {
      Scenario scenario = LabMachines.parse(text.toString());
      try (LabMachines.Running running =
          LabMachines.ours().boot(scenario, "linux-6.18", List.of(), Long.MAX_VALUE)) {
        for (Statement statement : scenario.statements()) {
          running.runner().carryOut(statement);
          if (statement.text().startsWith("scan") || statement.text().equals(NOTHING)) {
            lines.add(line(running));
          }
        }
      }
    } catch (ScenarioException e) {
      throw new IllegalStateException(e); // a lab's own scenario runs
    }
    return lines;
  }

  private static String line(LabMachines.Running running) {
    PortBackend backend = running.backend();
    return "shared=%d sharing=%d unshared=%d volatile=%d frames=%d"
        .formatted(
            backend.ksm("pages_shared"),
            backend.ksm("pages_sharing"),
            backend.ksm("pages_unshared"),
            backend.ksm("pages_volatile"),
            running.runner().result("lab").processes().values().iterator().next().frames());
  }
}
