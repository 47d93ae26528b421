// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.capture;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.samepage.capture.chart.TerminalChart;
import org.samepage.capture.predict.Census;
import org.samepage.capture.predict.Figures;
import org.samepage.capture.predict.Milestone;
import org.samepage.capture.predict.Prediction;
import org.samepage.capture.predict.ProcessProfit;
import org.samepage.mm.units.PageUnits;

/** A prediction as text. */
public final class PredictionReport {
  private static final int MOST_PROCESSES = 20;
  private static final double MIB = 1 << 20;
  private static final double NANOS_PER_SECOND = 1e9;

  private PredictionReport() {}

  /** Prints what was captured, and each prediction. */
  public static void print(PrintWriter out, Census census, List<Prediction> predictions) {
    out.printf(
        "%,d processes, %,d anonymous pages (%s), %,d snapshots%n",
        census.processes().size(), census.pages(), mib(census.pages()), census.snapshots());
    note(out, census.swapped(), "pages are swapped out and left out");
    note(out, census.unreadable(), "pages could not be read and are left out");
    note(out, census.incomplete(), "processes ended, changed, or might not be read");
    note(out, census.huge(), "pages are parts of huge pages, which ksmd splits where it merges");
    for (Prediction prediction : predictions) {
      one(out, prediction);
    }
  }

  private static void note(PrintWriter out, long count, String text) {
    if (count > 0) {
      out.printf("  %,d %s%n", count, text);
    }
  }

  private static void one(PrintWriter out, Prediction p) {
    out.printf("%n%s%n", p.profile());
    out.printf(
        "  saved           %s of %s that is possible%n", mib(p.savedPages()), mib(p.ideal()));
    out.printf(
        "  general_profit  %.1f MiB: that less 64 bytes for each of %,d pages known%n",
        p.figure(Figures.PROFIT) / MIB, p.rmapItems());
    out.printf(
        "  pages           shared %,d  sharing %,d  unshared %,d  volatile %,d  zero %,d%n",
        p.figure(Figures.SHARED),
        p.figure(Figures.SHARING),
        p.figure(Figures.UNSHARED),
        p.figure(Figures.VOLATILE),
        p.figure(Figures.ZERO_PAGES));
    out.printf(
        "  ksmd            %,d passes, %,d pages scanned, %.1f s of CPU (estimated)%n",
        p.passes().size(), p.figure("pages_scanned"), p.cpuNanos() / NANOS_PER_SECOND);
    out.printf(
        "  time            %s (%s pages each %s ms)%n",
        p.milestones().stream().map(PredictionReport::milestone).collect(Collectors.joining(", ")),
        p.knobs().get("pages_to_scan"),
        p.knobs().get("sleep_millisecs"));
    Prediction.Shares shares = p.exposure();
    out.printf(
        "  in common       within a process %s, across processes %s, across users %s%n",
        mib(shares.withinProcess()), mib(shares.acrossProcesses()), mib(shares.acrossUsers()));
    out.printf("  longest rmap walk %,d mappings%n", shares.longestWalk());
    note(out, p.moved(), "pages change from one snapshot to the next, at most");
    note(out, p.copied(), "pages shared a frame after fork and have one each here");
    processes(out, p);
    TerminalChart.lines(p.timeline()).forEach(line -> out.println("  " + line));
  }

  private static String milestone(Milestone milestone) {
    return "%d %% after %.1f s"
        .formatted(milestone.percent(), milestone.nanos() / NANOS_PER_SECOND);
  }

  private static void processes(PrintWriter out, Prediction p) {
    out.printf("  %10s %-16s %12s %12s %14s%n", "process", "name", "merged", "known", "profit");
    p.processes().stream()
        .sorted(Comparator.comparingLong(ProcessProfit::profit).reversed())
        .limit(MOST_PROCESSES)
        .forEach(one ->
            out.printf(
                "  %10d %-16s %,12d %,12d %10.1f MiB%n",
                one.process().pid(),
                one.process().name(),
                one.mergingPages() + one.zeroPages(),
                one.rmapItems(),
                one.profit() / MIB));
    if (p.processes().size() > MOST_PROCESSES) {
      out.printf("  and %,d more; --json has all%n", p.processes().size() - MOST_PROCESSES);
    }
  }

  private static String mib(long pages) {
    return "%,.1f MiB".formatted(PageUnits.pagesToBytes(pages) / MIB);
  }
}
