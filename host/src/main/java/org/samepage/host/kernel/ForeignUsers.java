// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds processes that use KSM and are not ours: figures would be theirs as well. */
public final class ForeignUsers {
  private ForeignUsers() {}

  /**
   * Names and ids of processes that have merged pages, or ask for it.
   *
   * @param ours left out
   */
  public static List<String> find(Set<Long> ours) {
    List<String> found = new ArrayList<>();
    for (long pid : ProcFiles.processes()) {
      if (!ours.contains(pid) && usesKsm(pid)) {
        String name = ProcFiles.readIfThere(ProcFiles.of(pid, "comm"));
        found.add("%s (%d)".formatted(name == null ? "?" : name, pid));
      }
    }
    return found;
  }

  private static boolean usesKsm(long pid) {
    Map<String, String> stat = ProcFiles.figures(ProcFiles.of(pid, "ksm_stat"));
    if (stat.isEmpty()) {
      return false; // a kernel thread, or gone
    }
    String mergeable = stat.get("ksm_mergeable");
    return !stat.getOrDefault("ksm_rmap_items", "0").equals("0")
        || stat.getOrDefault("ksm_merge_any", "no").equals("yes")
        || (mergeable == null ? Smaps.anyMergeable(pid) : mergeable.equals("yes"));
  }
}
