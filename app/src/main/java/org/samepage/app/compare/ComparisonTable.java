// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.compare;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.samepage.app.compare.Row.Outcome;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prints rows: as a table, or as JSON. */
public final class ComparisonTable {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private ComparisonTable() {}

  /** A line for each row, and below it what is special about it. */
  public static void print(List<Row> rows, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%-20s %-18s %-12s %-24s %-10s %16s %14s %12s %8s%n",
        "profile",
        "scan",
        "unmerge",
        "rmap-walk",
        "outcome",
        "addresses",
        "entries",
        "ns/probe",
        "seconds");
    for (Row row : rows) {
      Double nanos = row.nanosPerProbe();
      out.printf(
          Locale.ROOT,
          "%-20s %-18s %-12s %-24s %-10s %,16d %,14d %12s %8.2f%n",
          row.profile(),
          row.strategies().get("scan"),
          row.strategies().get("unmerge"),
          row.strategies().get("rmap-walk"),
          name(row.outcome()),
          row.work("addresses_probed"),
          row.entries(),
          nanos == null ? "-" : "%.1f".formatted(nanos),
          row.seconds());
      Long needed = row.probesNeeded();
      if (needed != null) {
        out.printf(
            Locale.ROOT,
            "  stopped: the operation needs %,d probes%s%n",
            needed,
            nanos == null ? "" : ", %s at this speed".formatted(duration(needed * nanos / 1e9)));
        out.printf(
            Locale.ROOT,
            "  until then %,d pages were merged and ksmd slept %,d times%n",
            row.merged(),
            row.work("ksmd_sleeps"));
      }
      if (row.reports() > 0) {
        out.println("  kernel reports: " + row.reports());
      }
      row.differences().forEach(difference -> out.println("  " + difference));
    }
  }

  /** What a comparison with the recorded result found, below the table. */
  public static void printRecorded(List<String> differences, PrintWriter out) {
    out.println("recorded on a real kernel: " + (differences.isEmpty() ? "equal" : "different"));
    differences.forEach(difference -> out.println("  " + difference));
  }

  private static String duration(double seconds) {
    if (seconds < 120) {
      return "%.0f s".formatted(seconds);
    }
    return seconds < 7200 ? "%.0f min".formatted(seconds / 60) : "%.1f h".formatted(seconds / 3600);
  }

  private static String name(Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT);
  }

  /** The document of {@code compare --json}. */
  public static String json(List<Row> rows) {
    ObjectNode root = MAPPER.createObjectNode();
    ArrayNode array = root.putArray("rows");
    for (Row row : rows) {
      ObjectNode node = array.addObject();
      node.put("profile", row.profile());
      for (String point : List.of("scan", "unmerge", "rmap-walk", "rmap-item-layout")) {
        node.put(point, row.strategies().get(point));
      }
      node.put("outcome", name(row.outcome()));
      ArrayNode differences = node.putArray("differences");
      row.differences().forEach(differences::add);
      node.put("probes_needed", row.probesNeeded());
      node.put("ns_per_probe", row.nanosPerProbe());
      node.put("reports", row.reports());
      ObjectNode work = node.putObject("work");
      row.work().forEach((counter, value) -> work.put(counter, value.longValue()));
      node.put("seconds", row.seconds());
    }
    return MAPPER.writeValueAsString(root);
  }
}
