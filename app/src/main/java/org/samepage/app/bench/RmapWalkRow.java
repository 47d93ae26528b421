// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

/**
 * One layout under one strategy.
 *
 * @param iterations the most VMAs that any one loop got from its query: one rmap_item, one pass
 * @param outOfRange the most that any one loop passed over for the address
 * @param mmMismatch the most that any one loop passed over because it was not their mm's turn
 * @param ptesFound entries that the whole walk found
 * @param secondPasses second walks, over what the strategy had left out
 * @param visits VMAs that the whole walk got
 * @param nanos of the whole walk, the median of many [ns]
 */
public record RmapWalkRow(
    String layout,
    String strategy,
    long iterations,
    long outOfRange,
    long mmMismatch,
    long ptesFound,
    long secondPasses,
    long visits,
    long nanos) {
  /** What a visited VMA costs [ns]. */
  public double nanosPerVisit() {
    return visits == 0 ? 0 : (double) nanos / visits;
  }
}
