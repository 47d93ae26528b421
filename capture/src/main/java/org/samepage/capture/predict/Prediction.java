// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.samepage.mm.units.PageUnits;

/**
 * What KSM would do to a capture.
 *
 * @param profile the profile of the machine
 * @param knobs pages_to_scan, sleep_millisecs and the others that the run began with
 * @param figures what /sys/kernel/mm/ksm shows in the end
 * @param passes the same after each pass
 * @param rmapItems items in the end
 * @param processes by process number
 * @param milestones when parts of the saving are there
 * @param cpuNanos estimated CPU time of ksmd until it has settled
 * @param nanos the time until then
 * @param exposure who has merged pages in common
 * @param ideal pages that could be saved if equal contents were there once
 * @param moved pages that change from one snapshot to the next, at most
 * @param copied pages that shared a frame, and could not be made to
 * @param timeline the saving, batch by batch
 */
public record Prediction(
    String profile,
    Map<String, String> knobs,
    Map<String, Long> figures,
    List<Map<String, Long>> passes,
    long rmapItems,
    List<ProcessProfit> processes,
    List<Milestone> milestones,
    long cpuNanos,
    long nanos,
    Shares exposure,
    long ideal,
    long moved,
    long copied,
    Timeline timeline) {
  /**
   * Mappings of merged pages.
   *
   * @param withinProcess of pages that one process alone has
   * @param acrossProcesses of pages that several processes of one user have
   * @param acrossUsers of pages that processes of several users have
   * @param longestWalk VMAs that a walk over the mappings of one page asks, at most
   */
  public record Shares(
      long withinProcess, long acrossProcesses, long acrossUsers, long longestWalk) {}

  /** One of the files of /sys/kernel/mm/ksm. */
  public long figure(String name) {
    return Objects.requireNonNull(figures.get(name), name);
  }

  /** Pages that are not needed any more. */
  public long savedPages() {
    return figure(Figures.SHARING) + figure(Figures.ZERO_PAGES);
  }

  /** Bytes that are not needed any more, what ksmd keeps for each page not taken off. */
  public long savedBytes() {
    return PageUnits.pagesToBytes(savedPages());
  }
}
