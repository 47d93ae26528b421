// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Leaves out statements for as long as what is left still shows the difference. */
final class Shrinker {
  private final Predicate<List<String>> stillDiffers;

  Shrinker(Predicate<List<String>> stillDiffers) {
    this.stillDiffers = stillDiffers;
  }

  /** The shortest that is found by leaving out half, a quarter, ... and single statements. */
  List<String> shrink(List<String> lines) {
    List<String> shortest = lines;
    int chunk = Math.max(1, lines.size() / 2);
    while (true) {
      List<String> shorter = without(shortest, chunk);
      if (shorter.size() < shortest.size()) {
        shortest = shorter;
        chunk = Math.min(chunk, Math.max(1, shortest.size() / 2));
      } else if (chunk > 1) {
        chunk /= 2;
      } else {
        return shortest;
      }
    }
  }

  /** Goes from the end to the front, as what comes late depends on what came before. */
  private List<String> without(List<String> lines, int chunk) {
    List<String> kept = lines;
    for (int end = kept.size(); end > 0; end -= chunk) {
      int from = Math.max(0, end - chunk);
      int to = Math.min(end, kept.size());
      if (from >= to) {
        continue;
      }
      List<String> candidate = new ArrayList<>(kept.subList(0, from));
      candidate.addAll(kept.subList(to, kept.size()));
      if (!candidate.isEmpty() && stillDiffers.test(candidate)) {
        kept = candidate;
      }
    }
    return kept;
  }
}
