// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.advisor;

import org.samepage.ksm.state.KsmKnobs;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.time.KernelClock;

/**
 * {@code scan-time}: after each full pass sets pages_to_scan so that a pass takes as long as
 * advisor_target_scan_time says, within bounds of CPU time and pages.
 *
 * <p>All figures are unsigned; each quotient is cut down to a whole number, as in the kernel.
 */
public final class ScanTimeAdvisor implements Advisor {
  /** Least share of a CPU that ksmd may use while it scans [percent]. */
  private static final long KSM_ADVISOR_MIN_CPU = 10;

  /** Weight of the newest change [percent]. */
  private static final long EWMA_WEIGHT = 30;

  private static final long MSEC_PER_SEC = 1000;
  private static final long NSEC_PER_MSEC = 1_000_000;

  private final KsmKnobs knobs;
  private final Sched sched;
  private final KernelClock clock;
  private final KsmTracepoints trace;

  // struct ksm_advisor_ctx: when the pass began [ns], how long the one before took [s], the
  // smoothed change [percent], ksmd's CPU time at the end of the one before [ns]
  private long startScan;
  private long scanTime;
  private long change;
  private long cpuTime;

  public ScanTimeAdvisor(KsmKnobs knobs, Sched sched, KernelClock clock, KsmTracepoints trace) {
    this.knobs = knobs;
    this.sched = sched;
    this.clock = clock;
    this.trace = trace;
  }

  @Override
  public String name() {
    return "scan-time";
  }

  @Override
  public boolean leavesPagesToScan() {
    return false;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:set_advisor_defaults",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the branch of KSM_ADVISOR_SCAN_TIME")
  public void chosen() {
    startScan = 0;
    scanTime = 0;
    change = 0;
    cpuTime = 0;
    knobs.pagesToScan = (int) knobs.advisorMinPagesToScan;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:advisor_start_scan",
      fidelity = Fidelity.ADAPTED,
      differs = "asked only where this advisor is chosen")
  public void startScan() {
    startScan = clock.ktimeGet();
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:advisor_stop_scan",
      fidelity = Fidelity.ADAPTED,
      differs = "asked only where this advisor is chosen")
  public void stopScan() {
    scanTimeAdvisor();
  }

  /** The last pass's time; this one's where there was none. */
  @PortedFrom("mm/ksm.c:prev_scan_time")
  private long prevScanTime(long current) {
    return scanTime != 0 ? scanTime : current;
  }

  /** Exponentially weighted moving average. */
  @PortedFrom("mm/ksm.c:ewma")
  static long ewma(long prev, long curr) {
    return Long.divideUnsigned((100 - EWMA_WEIGHT) * prev + EWMA_WEIGHT * curr, 100);
  }

  @PortedFrom("mm/ksm.c:scan_time_advisor")
  private void scanTimeAdvisor() {
    // a difference of milliseconds, signed, in whole seconds
    long seconds = atLeast1((clock.ktimeGet() - startScan) / NSEC_PER_MSEC / MSEC_PER_SEC);
    long cpu = sched.current().taskSchedRuntime();
    long cpuMillis = Long.divideUnsigned(cpu - cpuTime, NSEC_PER_MSEC);
    // an unsigned int, as the trace point prints it
    int cpuPercent = (int) Long.divideUnsigned(cpuMillis * 100, seconds * MSEC_PER_SEC);
    cpuPercent = cpuPercent == 0 ? 1 : cpuPercent;
    long lastScanTime = prevScanTime(seconds);
    long factor = atLeast1(Long.divideUnsigned(knobs.advisorTargetScanTime * 100, seconds));
    long smoothed = ewma(change, atLeast1(Long.divideUnsigned(seconds * 100, lastScanTime)));

    long pagesToScan = Integer.toUnsignedLong(knobs.pagesToScan);
    // C multiplies an unsigned int by an int here: the product is cut to 32 bits
    long pages = Long.divideUnsigned((pagesToScan * 100) & 0xffff_ffffL, factor);
    pages = Long.divideUnsigned(pages * smoothed, 100);
    long perPageCost =
        atLeast1(Long.divideUnsigned(pagesToScan, Integer.toUnsignedLong(cpuPercent)));
    pages = min(pages, perPageCost * Integer.toUnsignedLong(knobs.advisorMaxCpu));
    pages = max(pages, perPageCost * KSM_ADVISOR_MIN_CPU);
    pages = min(pages, knobs.advisorMaxPagesToScan);

    change = smoothed;
    scanTime = seconds;
    cpuTime = cpu;
    knobs.pagesToScan = (int) pages;
    if (trace.enabled()) {
      long advised = pages;
      int percent = cpuPercent;
      trace.emit(t -> t.ksmAdvisor(seconds, advised, percent));
    }
  }

  private static long atLeast1(long value) {
    return value == 0 ? 1 : value;
  }

  private static long min(long a, long b) {
    return Long.compareUnsigned(a, b) < 0 ? a : b;
  }

  private static long max(long a, long b) {
    return Long.compareUnsigned(a, b) > 0 ? a : b;
  }
}
