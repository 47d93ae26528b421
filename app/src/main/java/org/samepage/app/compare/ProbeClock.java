// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.compare;

import org.jspecify.annotations.Nullable;
import org.samepage.app.output.Progress;

/** Measures what a probe costs while an operation probes. */
final class ProbeClock {
  private final String profile;
  private final Progress progress;
  private final long limit;

  private long lastProbes;
  private long lastNanos;
  private long measuredProbes;
  private long measuredNanos;

  ProbeClock(String profile, Progress progress, long limit) {
    this.profile = profile;
    this.progress = progress;
    this.limit = limit;
  }

  /** Told now and then how many probes the operation under way has made. */
  void probed(long probes) {
    long now = System.nanoTime();
    if (probes > lastProbes && lastProbes > 0) {
      measuredProbes += probes - lastProbes;
      measuredNanos += now - lastNanos;
    }
    lastProbes = probes;
    lastNanos = now;
    progress.show(profile, probes, limit);
  }

  /**
   * The cost of a probe: measured between reports where there were two, else of the whole run.
   *
   * @return null where nothing was probed
   */
  @Nullable Double nanosPerProbe(double runNanos, long runProbes) {
    if (runProbes == 0) {
      return null;
    }
    return measuredProbes > 0 ? (double) measuredNanos / measuredProbes : runNanos / runProbes;
  }
}
