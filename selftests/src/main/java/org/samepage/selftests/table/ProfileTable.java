// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.samepage.selftests.run.Outcome;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Status;
import org.samepage.selftests.run.Suite;

/**
 * Which cases fail under which profile, and which are left out, as AsciiDoc.
 *
 * <p>What a case says does not depend on time or place, so the same port makes the same text.
 */
public final class ProfileTable {
  private final List<Suite> suites;
  private final Map<String, Map<String, Outcome>> profiles = new LinkedHashMap<>();

  /** An empty table with these columns. */
  public ProfileTable(List<Suite> suites) {
    this.suites = List.copyOf(suites);
  }

  /** Takes what a case said under a profile. */
  public void add(String profile, Selftest test, Outcome outcome) {
    profiles.computeIfAbsent(profile, _ -> new LinkedHashMap<>()).put(test.id(), outcome);
  }

  /** The ids of the cases that failed under a profile, in order. */
  public List<String> failed(String profile) {
    Map<String, Outcome> outcomes = profiles.getOrDefault(profile, Map.of());
    return outcomes.entrySet().stream()
        .filter(entry -> !entry.getValue().isFine())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The table, the faults, and what is left out. */
  public String toAsciidoc() {
    StringBuilder text = new StringBuilder();
    table(text);
    faults(text);
    leftOut(text);
    return text.append('\n').toString();
  }

  private void table(StringBuilder text) {
    text.append("\n[cols=\"3,").append("1,".repeat(suites.size() - 1)).append("1\"");
    text.append(",options=\"header\"]\n|===\n|");
    suites.forEach(suite -> text.append(" |").append(suite.id()));
    text.append('\n');
    profiles.forEach((profile, outcomes) -> {
      text.append("\n|`").append(profile).append("`\n");
      suites.forEach(suite -> text.append('|').append(cell(suite, outcomes)).append('\n'));
    });
    text.append("|===\n");
  }

  /** How many hold, and which fail. */
  private static String cell(Suite suite, Map<String, Outcome> outcomes) {
    List<String> failed = new ArrayList<>();
    int holding = 0;
    for (Selftest test : suite.cases()) {
      Outcome outcome = Objects.requireNonNull(outcomes.get(test.id()), test.id());
      if (!outcome.isFine()) {
        failed.add("*" + test.id() + "*");
      } else if (outcome.status() != Status.SKIP) {
        holding++;
      }
    }
    return failed.isEmpty() ? "" + holding : holding + "; " + String.join(", ", failed);
  }

  private void faults(StringBuilder text) {
    text.append("\n== What fails\n\n[cols=\"2,1,6\",options=\"header\"]\n|===\n");
    text.append("|profile |case |what it says\n");
    profiles.forEach((profile, outcomes) -> {
      for (String id : failed(profile)) {
        Outcome outcome = Objects.requireNonNull(outcomes.get(id));
        text.append("\n|`%s`\n|%s\n|%s\n".formatted(profile, id, first(outcome)));
      }
    });
    text.append("|===\n");
  }

  /** The kernel's report where there is one, without its addresses; else the reason. */
  private static String first(Outcome outcome) {
    return outcome.lines().stream()
        .filter(line -> line.startsWith("BUG: "))
        .findFirst()
        .map(line -> line.lines().findFirst().orElse(""))
        .orElse(outcome.reason())
        .replaceAll(" +pte:\\w+", "")
        .replaceAll("^\\w+\\.java:\\d+:", "")
        .replace("|", "\\|");
  }

  private void leftOut(StringBuilder text) {
    text.append("\n== What is left out\n\n[cols=\"1,3,4\",options=\"header\"]\n|===\n");
    text.append("|case |name |reason\n");
    for (Suite suite : suites) {
      for (Selftest test : suite.cases()) {
        String reason = skipped(test.id());
        if (!reason.isEmpty()) {
          String name = test.name().replace("|", "\\|");
          text.append("\n|%s\n|%s\n|%s\n".formatted(test.id(), name, reason));
        }
      }
    }
    text.append("|===\n");
  }

  /** Why a case is skipped: under all profiles, as they differ in KSM alone. */
  private String skipped(String id) {
    return profiles.values().stream()
        .map(outcomes -> Objects.requireNonNull(outcomes.get(id), id))
        .filter(outcome -> outcome.status() == Status.SKIP)
        .map(Outcome::reason)
        .findFirst()
        .orElse("");
  }
}
