// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.result;

import java.util.List;
import java.util.Map;
import org.samepage.mm.report.KernelReport;

/**
 * What a scenario left.
 *
 * @param backend {@code port} or {@code host}
 * @param ksm numeric files of /sys/kernel/mm/ksm, in alphabetical order
 * @param processes those that did not exit, in the order in which they were started
 * @param sharing pairs: arena mappings that a frame has, how many frames have so many; rising
 * @param failures expectations and checks that did not hold
 * @param work work counters; empty where nobody counted
 * @param reports kernel reports
 * @param expectedReports how many of them, from the first on, a true expectation has counted
 */
public record ResultDocument(
    String scenario,
    String backend,
    Map<String, Long> ksm,
    Map<String, ProcessResult> processes,
    List<List<Long>> sharing,
    List<String> failures,
    Map<String, Long> work,
    List<KernelReport> reports,
    int expectedReports) {

  /**
   * What one process has.
   *
   * @param ksm of /proc/PID/ksm_stat
   * @param maps the arena's VMAs
   * @param present present pages in the arena
   * @param frames distinct frames behind them
   * @param content XXH64 over addresses and bytes of the present pages, 16 hex digits
   */
  public record ProcessResult(
      Map<String, Long> ksm, List<String> maps, long present, long frames, String content) {}

  /** Whether everything was as expected: no failure, and no kernel report that nobody counted. */
  public boolean held() {
    return failures.isEmpty() && reports.size() <= expectedReports;
  }
}
