// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.samepage.host.kernel.ProcFiles;

/** Which processes a capture takes. */
public final class ProcessSelection {
  private ProcessSelection() {}

  /**
   * Process ids in rising order.
   *
   * @param pids these, whether they are there or not
   * @param match and those whose name or command line has this somewhere; never our own process
   * @param children and all that descend from these
   */
  public static List<Integer> select(
      Collection<Integer> pids, @Nullable Pattern match, boolean children) {
    Set<Integer> chosen = new TreeSet<>(pids);
    List<Long> all = ProcFiles.processes();
    if (match != null) {
      for (long pid : all) {
        if (pid != ProcessHandle.current().pid() && matches(pid, match)) {
          chosen.add((int) pid);
        }
      }
    }
    if (children) {
      addChildren(chosen, all);
    }
    return new ArrayList<>(chosen);
  }

  private static boolean matches(long pid, Pattern match) {
    String name = ProcFiles.readIfThere(ProcFiles.of(pid, "comm"));
    String line = ProcFiles.readIfThere(ProcFiles.of(pid, "cmdline"));
    // kernel threads have no command line, and no memory
    return line != null
        && !line.isEmpty()
        && (match.matcher(line.replace('\0', ' ')).find()
            || (name != null && match.matcher(name).find()));
  }

  private static void addChildren(Set<Integer> chosen, List<Long> all) {
    Map<Integer, List<Integer>> byParent = new HashMap<>();
    for (long pid : all) {
      String parent = ProcFiles.figures(ProcFiles.of(pid, "status")).get("PPid");
      if (parent != null) {
        byParent.computeIfAbsent(Integer.parseInt(parent), p -> new ArrayList<>()).add((int) pid);
      }
    }
    List<Integer> open = new ArrayList<>(chosen);
    for (int i = 0; i < open.size(); i++) {
      for (int child : byParent.getOrDefault(open.get(i), List.of())) {
        if (chosen.add(child)) {
          open.add(child);
        }
      }
    }
  }
}
