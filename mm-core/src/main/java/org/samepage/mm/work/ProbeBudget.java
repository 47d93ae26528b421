// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.work;

import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many addresses one operation (a scan pass, an unmerge call) may probe one by one.
 *
 * <p>Set by whoever drives the machine before an operation; drawn on by the strategies that go
 * address by address. Not for several threads at once: an operation under a budget is driven by
 * one.
 */
public final class ProbeBudget {
  /** No limit. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final long REPORT_EVERY = 1 << 22;

  private long limit = UNLIMITED;
  private long left = UNLIMITED;
  private long nextReport = UNLIMITED;
  private LongSupplier needed = () -> 0;
  private @Nullable LongConsumer progress;

  /**
   * Sets the limit of each single operation from now on.
   *
   * @param probes at least 1, or {@link #UNLIMITED}
   */
  public void limit(long probes) {
    if (probes < 1) {
      throw new IllegalArgumentException("a probe limit is at least 1, not " + probes);
    }
    limit = probes;
    startOperation(() -> 0);
  }

  /** Asks to be told now and then, within an operation, how many probes it has made so far. */
  public void onProgress(LongConsumer listener) {
    progress = listener;
  }

  /**
   * Begins an operation: it has the whole limit.
   *
   * @param probesNeeded asked where the operation is stopped: how many probes it would have made
   */
  public void startOperation(LongSupplier probesNeeded) {
    needed = probesNeeded;
    left = limit;
    nextReport = Math.max(0, left - REPORT_EVERY);
  }

  /** Probes of the current operation so far. */
  public long used() {
    return limit - left;
  }

  /**
   * Draws one probe.
   *
   * @throws ProbeLimitException where the operation has none left; the machine is then in the
   *     middle of things, with locks held, and good for nothing but reading its counters
   */
  public void probe() {
    if (left-- <= nextReport) {
      report();
    }
  }

  private void report() {
    if (left < 0) {
      left = 0;
      throw new ProbeLimitException(limit, needed.getAsLong());
    }
    nextReport = Math.max(0, left - REPORT_EVERY);
    if (progress != null) {
      progress.accept(used());
    }
  }
}
