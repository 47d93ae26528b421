// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a generator knows of a scenario: which names there are, and how many pages they span. */
final class Model {
  private static final String PROCESSES = "ABCDEFGH";

  /** Processes, each with its mappings' sizes in pages. */
  private final Map<String, Map<String, Long>> processes = new LinkedHashMap<>();

  private final List<String> files = new ArrayList<>();
  private int mappings;

  List<String> processes() {
    return List.copyOf(processes.keySet());
  }

  boolean isFull() {
    return processes.size() == PROCESSES.length();
  }

  /** A name that no living process has. */
  String newProcess() {
    return PROCESSES
        .chars()
        .mapToObj(c -> String.valueOf((char) c))
        .filter(name -> !processes.containsKey(name))
        .findFirst()
        .orElseThrow();
  }

  void started(String process) {
    processes.put(process, new LinkedHashMap<>());
  }

  void forked(String parent, String child) {
    processes.put(child, new LinkedHashMap<>(mappings(parent)));
  }

  void exited(String process) {
    processes.remove(process);
  }

  Map<String, Long> mappings(String process) {
    Map<String, Long> found = processes.get(process);
    if (found == null) {
      throw new IllegalArgumentException(process);
    }
    return found;
  }

  String newMapping() {
    return "M" + mappings++;
  }

  void mapped(String process, String mapping, long pages) {
    mappings(process).put(mapping, pages);
  }

  List<String> files() {
    return files;
  }

  String newFile() {
    return "F" + files.size();
  }

  void filed(String file) {
    files.add(file);
  }
}
