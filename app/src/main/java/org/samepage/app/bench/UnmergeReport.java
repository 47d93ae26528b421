// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What {@code samepage bench unmerge} found. */
public record UnmergeReport(List<UnmergeRow> rows) {
  /** The document. */
  public String json() {
    return BenchDocument.json(this);
  }

  /** A line for each row. */
  public void print(PrintWriter out) {
    out.println("32 TiB with one page in them, unmerged");
    out.printf(
        Locale.ROOT,
        "%-8s %-14s %8s %6s %12s %14s %14s%n",
        "call",
        "strategy",
        "entries",
        "walks",
        "addresses",
        "first ns",
        "ns");
    for (UnmergeRow row : rows) {
      Long nanos = row.nanos();
      out.printf(
          Locale.ROOT,
          "%-8s %-14s %,8d %,6d %,12d %,14d %14s%n",
          row.call(),
          row.strategy(),
          row.entries(),
          row.pageWalks(),
          row.addressesProbed(),
          row.firstNanos(),
          nanos == null ? "stopped" : String.format(Locale.ROOT, "%,d", nanos));
      Long needed = row.probesNeeded();
      if (needed != null) {
        double each = (double) row.firstNanos() / row.addressesProbed();
        out.printf(
            Locale.ROOT,
            "  stopped: it needs %,d probes, %d s at %.1f ns each%n",
            needed,
            Duration.ofNanos((long) (needed * each)).toSeconds(),
            each);
      }
    }
  }
}
