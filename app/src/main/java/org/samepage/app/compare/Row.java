// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.compare;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one profile made of a scenario.
 *
 * @param strategies the strategy's name by the extension point's
 * @param differences from the first row that finished
 * @param probesNeeded of the operation that was stopped; null where none was
 * @param nanosPerProbe measured; null where no address was probed
 * @param merged pages that shared a frame at the end, or where it was stopped
 * @param seconds wall clock
 */
public record Row(
    String profile,
    Map<String, String> strategies,
    Outcome outcome,
    List<String> differences,
    @Nullable Long probesNeeded,
    @Nullable Double nanosPerProbe,
    int reports,
    Map<String, Long> work,
    long merged,
    double seconds) {

  /** How a row came out. */
  public enum Outcome {
    EQUAL,
    DIFFERENT,
    STOPPED
  }

  /** Table entries of all levels that were read. */
  public long entries() {
    return work("pgd_entries") + work("pud_entries") + work("pmd_entries") + work("ptes_read");
  }

  /** One work counter. */
  public long work(String counter) {
    return work.getOrDefault(counter, 0L);
  }
}
