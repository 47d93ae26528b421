// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.bench;

import java.io.PrintStream;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/** Runs {@link ScanPass} and prints ns a page: one JSON line for each content and pass. */
public final class ScanReport {
  private ScanReport() {}

  /** Prints to standard output; JMH's own output is left away. */
  public static void main(String[] args) throws RunnerException {
    Options options =
        new OptionsBuilder()
            .include(ScanPass.class.getSimpleName())
            .verbosity(VerboseMode.SILENT)
            .build();
    print(new Runner(options).run(), System.out);
  }

  private static void print(Iterable<RunResult> results, PrintStream out) {
    for (RunResult result : results) {
      Statistics nanos = result.getPrimaryResult().getStatistics();
      double pages = Double.parseDouble(result.getParams().getParam("pages"));
      out.printf(
          Locale.ROOT,
          "{\"bench\":\"scan_pass\",\"impl\":\"port\",\"content\":\"%s\",\"pages\":%.0f,"
              + "\"pass\":%s,\"ns_per_page\":{\"min\":%.1f,\"median\":%.1f,\"max\":%.1f},"
              + "\"runs\":%d}%n",
          result.getParams().getParam("content"),
          pages,
          result.getParams().getParam("pass"),
          nanos.getMin() / pages,
          nanos.getPercentile(50) / pages,
          nanos.getMax() / pages,
          nanos.getN());
    }
  }
}
