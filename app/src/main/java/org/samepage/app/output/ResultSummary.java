// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.samepage.scenario.result.ResultDocument;

/** A result document for people: what was merged, for whom, at what cost, and what went wrong. */
public final class ResultSummary {
  private static final List<String> COUNTERS =
      List.of(
          "full_scans",
          "pages_scanned",
          "pages_skipped",
          "pages_shared",
          "pages_sharing",
          "pages_unshared",
          "pages_volatile",
          "ksm_zero_pages",
          "stable_node_chains",
          "stable_node_dups",
          "general_profit");

  private ResultSummary() {}

  public static void print(ResultDocument document, PrintWriter out) {
    out.println(document.scenario());
    out.println("  ksm        " + figures(document.ksm(), COUNTERS));
    document
        .processes()
        .forEach((name, process) ->
            out.printf(
                "  %-10s present %d, frames %d, %s%n",
                name,
                process.present(),
                process.frames(),
                process.ksm().entrySet().stream()
                    .map(figure -> figure.getKey() + " " + figure.getValue())
                    .collect(Collectors.joining(", "))));
    out.println(
        "  sharing    "
            + orNothing(
                document.sharing().stream()
                    .map(pair -> pair.get(1) + " frames mapped " + pair.get(0) + "x")
                    .collect(Collectors.joining(", "))));
    if (!document.work().isEmpty()) {
      out.println("  work       " + nonZero(document.work()));
    }
    document.failures().forEach(failure -> out.println("  FAILED     " + failure));
    document
        .reports()
        .forEach(report -> out.println("  REPORT     " + report.at() + ": " + report.text()));
  }

  private static String figures(Map<String, Long> values, List<String> keys) {
    return orNothing(
        keys.stream()
            .filter(key -> values.getOrDefault(key, 0L) != 0)
            .map(key -> key + " " + values.get(key))
            .collect(Collectors.joining(", ")));
  }

  private static String orNothing(String figures) {
    return figures.isEmpty() ? "nothing" : figures;
  }

  private static String nonZero(Map<String, Long> values) {
    return figures(values, List.copyOf(values.keySet()));
  }
}
