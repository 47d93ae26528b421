// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.List;

/** Drafts of what drives KSM. */
final class KsmDrafts {
  private static final List<String> FLAGS = List.of("smart_scan", "use_zero_pages");

  private final Chance chance;

  KsmDrafts(Chance chance) {
    this.chance = chance;
  }

  Draft scan() {
    return chance.oneIn(3)
        ? new Draft("scan pages=" + chance.between(1, 24))
        : new Draft("scan " + chance.between(1, 3));
  }

  Draft store() {
    return new Draft("ksm " + setting() + (chance.oneIn(8) ? " " + setting() : ""));
  }

  private String setting() {
    return switch (chance.below(14)) {
      case 0, 1, 2 -> chance.of(FLAGS) + "=" + chance.below(2);
      case 3, 4 -> "max_page_sharing=" + chance.between(1, 5);
      case 5 -> "merge_across_nodes=" + chance.below(2);
      case 6 -> "run=" + chance.below(4);
      case 7 -> "stable_node_chains_prune_millisecs=" + chance.below(2) * 2000;
      case 8 -> "pages_to_scan=" + chance.between(0, 200);
      case 9 -> "sleep_millisecs=" + chance.between(0, 50);
      case 10 -> "advisor_mode=" + (chance.oneIn(2) ? "none" : "scan-time");
      case 11 -> "advisor_max_pages_to_scan=" + chance.between(400, 40_000);
      case 12 -> "advisor_min_pages_to_scan=" + chance.between(0, 600);
      case 13 -> "advisor_target_scan_time=" + chance.between(0, 300);
      default -> "advisor_max_cpu=" + chance.between(0, 120);
    };
  }
}
