// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.capture;

import java.io.PrintWriter;
import java.util.Map;
import org.samepage.capture.predict.Figures;
import org.samepage.capture.predict.Milestone;
import org.samepage.capture.predict.Prediction;

/** Each predicted figure beside the one that the kernel showed. */
public final class VerifyTable {
  private static final double NANOS_PER_SECOND = 1e9;

  private VerifyTable() {}

  /** Prints the table. */
  public static void print(PrintWriter out, Prediction predicted, KernelRun seen) {
    out.printf("%-28s %16s %16s %9s%n", "", "predicted", "kernel", "differs");
    Map<String, Long> figures = seen.figures();
    for (String name : Figures.names()) {
      Long kernel = figures.get(name);
      if (kernel != null) {
        row(out, name, predicted.figure(name), kernel);
      }
    }
    for (Milestone milestone : predicted.milestones()) {
      seconds(
          out,
          "seconds to %d %%".formatted(milestone.percent()),
          milestone.nanos(),
          seen.reached(milestone.percent()));
    }
    seconds(out, "ksmd CPU seconds", predicted.cpuNanos(), seen.cpuNanos());
  }

  private static void row(PrintWriter out, String name, long predicted, long seen) {
    out.printf("%-28s %,16d %,16d %9s%n", name, predicted, seen, percent(predicted, seen));
  }

  private static void seconds(PrintWriter out, String name, long predicted, long seen) {
    out.printf(
        "%-28s %16.2f %16.2f %9s%n",
        name, predicted / NANOS_PER_SECOND, seen / NANOS_PER_SECOND, percent(predicted, seen));
  }

  private static String percent(long predicted, long seen) {
    if (predicted == seen) {
      return "0";
    }
    return seen == 0
        ? "%+,d".formatted(predicted)
        : "%+.2f %%".formatted(100.0 * (predicted - seen) / Math.abs(seen));
  }
}
