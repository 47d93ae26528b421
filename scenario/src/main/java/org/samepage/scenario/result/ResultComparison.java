// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.result;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** Compares two result documents, field by field. */
public final class ResultComparison {
  /** Says nothing about what the kernel did. */
  private static final Set<String> LEFT_OUT = Set.of("scenario", "backend", "work", "reports");

  private static final String PROCESSES = "processes";
  private static final List<String> MEMORY = List.of("maps", "present", "content");

  private ResultComparison() {}

  /**
   * All fields in which two documents differ: {@code ksm.pages_scanned: 12 / 14}.
   *
   * @return empty where they are equal
   */
  public static List<String> differences(JsonNode one, JsonNode other) {
    List<String> found = new ArrayList<>();
    Set<String> keys = new TreeSet<>(one.propertyNames());
    keys.addAll(other.propertyNames());
    keys.removeAll(LEFT_OUT);
    for (String key : keys) {
      compare(key, one.path(key), other.path(key), found);
    }
    return found;
  }

  /**
   * The fields of every process in which two documents differ, of those that no version of KSM may
   * change: the bytes in memory, and the VMAs.
   *
   * @return empty where they are equal
   */
  public static List<String> differencesInMemory(JsonNode one, JsonNode other) {
    List<String> found = new ArrayList<>();
    Set<String> names = new TreeSet<>(one.path(PROCESSES).propertyNames());
    names.addAll(other.path(PROCESSES).propertyNames());
    for (String name : names) {
      JsonNode here = one.path(PROCESSES).path(name);
      JsonNode there = other.path(PROCESSES).path(name);
      for (String key : MEMORY) {
        compare(PROCESSES + "." + name + "." + key, here.path(key), there.path(key), found);
      }
    }
    return found;
  }

  private static void compare(String path, JsonNode one, JsonNode other, List<String> found) {
    if (one.isObject() && other.isObject()) {
      Set<String> keys = new TreeSet<>(one.propertyNames());
      keys.addAll(other.propertyNames());
      for (String key : keys) {
        compare(path + "." + key, one.path(key), other.path(key), found);
      }
    } else if (!same(one, other)) {
      found.add(path + ": " + text(one) + " / " + text(other));
    }
  }

  /** Numbers by value, whatever type they were read as. */
  private static boolean same(JsonNode one, JsonNode other) {
    if (one.isArray() && other.isArray()) {
      if (one.size() != other.size()) {
        return false;
      }
      for (int i = 0; i < one.size(); i++) {
        if (!same(one.get(i), other.get(i))) {
          return false;
        }
      }
      return true;
    }
    if (one.isIntegralNumber() && other.isIntegralNumber()) {
      return one.asLong() == other.asLong();
    }
    return one.equals(other);
  }

  private static String text(JsonNode node) {
    return node.isMissingNode() ? "nothing" : node.toString();
  }
}
