// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** For whoever mistyped a name: what it may have been meant to be. */
public final class NearestNames {
  private static final int SHOWN = 3;

  private NearestNames() {}

  /** The known names that are most like this one, best first. */
  public static List<String> of(String name, Collection<String> known) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    return known.stream()
        .sorted(
            Comparator.comparingInt((String other) -> distance.apply(name, other))
                .thenComparing(Comparator.naturalOrder()))
        .limit(SHOWN)
        .toList();
  }

  /** {@code did you mean a, b or c?} */
  public static String sentence(String name, Collection<String> known) {
    List<String> nearest = of(name, known);
    return switch (nearest.size()) {
      case 0 -> "there are none";
      case 1 -> "did you mean " + nearest.getFirst() + "?";
      default ->
          "did you mean %s or %s?"
              .formatted(
                  String.join(", ", nearest.subList(0, nearest.size() - 1)), nearest.getLast());
    };
  }
}
