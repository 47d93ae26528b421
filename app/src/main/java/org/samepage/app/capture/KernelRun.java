// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.capture;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.samepage.app.output.Progress;
import org.samepage.capture.predict.Figures;
import org.samepage.host.SurroundingsException;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.kernel.KsmdStepper;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.host.session.HostSession;

/** Lets the kernel's own ksmd run for some passes, and looks at what it shows meanwhile. */
public final class KernelRun {
  private static final long SAMPLE_MILLIS = 20;
  private static final String PASSES = "full_scans";

  /**
   * Counted since boot. Zero pages are among them, and so is the profit: some that a child did not
   * get from its parent stay counted for good.
   */
  private static final Set<String> TOTALS =
      Set.of("pages_scanned", "pages_skipped", Figures.ZERO_PAGES, Figures.PROFIT);

  private final HostSession session;
  private final Map<String, Long> before = new LinkedHashMap<>();
  private final List<long[]> samples = new ArrayList<>();
  private final long ksmd = KsmdStepper.findKsmd();
  private long cpuBefore;
  private long cpuNanos;
  private Map<String, Long> figures = Map.of();

  public KernelRun(HostSession session) {
    this.session = session;
  }

  /**
   * Runs ksmd.
   *
   * @param passes how many
   */
  public void run(int passes) {
    TOTALS.forEach(name -> before.put(name, KsmFiles.number(name)));
    long from = KsmFiles.number(PASSES);
    cpuBefore = cpu();
    long start = System.nanoTime();
    try (Progress progress = new Progress()) {
      session.write(KsmFiles.file("run"), "1");
      long done = 0;
      while (done < passes) {
        pause();
        done = KsmFiles.number(PASSES) - from;
        samples.add(
            new long[] {
              System.nanoTime() - start,
              KsmFiles.number(Figures.SHARING)
                  + KsmFiles.number(Figures.ZERO_PAGES)
                  - before.getOrDefault(Figures.ZERO_PAGES, 0L)
            });
        progress.show("the kernel's ksmd", done, passes);
      }
    }
    figures = read();
    cpuNanos = cpu() - cpuBefore;
    session.write(KsmFiles.file("run"), "0");
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SurroundingsException("interrupted", e);
    }
  }

  private Map<String, Long> read() {
    Map<String, Long> seen = new LinkedHashMap<>();
    Set<String> there = KsmFiles.numericNames();
    for (String name : Figures.names()) {
      if (there.contains(name)) {
        seen.put(name, KsmFiles.number(name) - before.getOrDefault(name, 0L));
      }
    }
    return seen;
  }

  /** CPU time that ksmd has had so far [ns]. */
  private long cpu() {
    String text = ProcFiles.read(ProcFiles.of(ksmd, "schedstat"));
    return Long.parseLong(text.split(" ", 2)[0]);
  }

  /** What /sys/kernel/mm/ksm showed in the end. */
  public Map<String, Long> figures() {
    return figures;
  }

  /** CPU time of ksmd [ns]. */
  public long cpuNanos() {
    return cpuNanos;
  }

  /** When a part of the saving was there [ns after the start]. */
  public long reached(int percent) {
    long most = samples.getLast()[1];
    for (long[] sample : samples) {
      if (sample[1] * 100 >= most * percent) {
        return sample[0];
      }
    }
    return samples.getLast()[0];
  }
}
