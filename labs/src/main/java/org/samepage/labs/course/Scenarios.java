// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check.Finding;
import org.samepage.labs.machine.LabMachines;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.result.ResultComparison;
import org.samepage.scenario.result.ResultJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Judges answers that are result documents, by a run of the same scenario in the grader. */
final class Scenarios {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final Memo<JsonNode> REFERENCES = new Memo<>();

  private Scenarios() {}

  /** The same scenario under a profile of the project's own. */
  static JsonNode reference(String text, String profile) {
    return REFERENCES.of(profile + "\n" + text, () -> run(text, profile));
  }

  private static JsonNode run(String text, String profile) {
    try {
      return ResultJson.tree(LabMachines.ours().run(text, profile, List.of(), Long.MAX_VALUE));
    } catch (ScenarioException e) {
      throw new IllegalStateException(e); // a lab's own scenario runs
    }
  }

  /** The answer as a document; null where it is none, as where the scenario could not be run. */
  static @Nullable JsonNode document(String answer) {
    try {
      JsonNode tree = MAPPER.readTree(answer);
      return tree.isObject() ? tree : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  /** What is wrong with an answer that is no document. */
  static Finding noDocument(String answer) {
    return new Finding("the run", "a result", answer.lines().findFirst().orElse("nothing"));
  }

  /** The first difference between the results, work aside. */
  static @Nullable Finding difference(JsonNode reference, JsonNode answer) {
    JsonNode failures = answer.path("failures");
    if (!failures.isEmpty() && reference.path("failures").isEmpty()) {
      String failure = failures.get(0).asString();
      int saw = failure.lastIndexOf(": ");
      return new Finding(failure.substring(0, saw), "that it holds", failure.substring(saw + 2));
    }
    List<String> differences = ResultComparison.differences(reference, answer);
    if (!differences.isEmpty()) {
      String first = differences.getFirst();
      int colon = first.indexOf(": ");
      String[] values = first.substring(colon + 2).split(" / ", 2);
      return new Finding(
          "at the end, " + first.substring(0, colon),
          values[0],
          values.length > 1 ? values[1] : "otherwise");
    }
    JsonNode reports = answer.path("reports");
    if (reports.size() != reference.path("reports").size()) {
      return new Finding(
          "kernel reports",
          String.valueOf(reference.path("reports").size()),
          reports.size() + ", the first: " + reports.path(0).path("text").asString(""));
    }
    return null;
  }

  /** One of the answer's work counters. */
  static long work(JsonNode document, String counter) {
    return document.path("work").path(counter).asLong(-1);
  }

  /** Table entries of all levels that were read. */
  static long entries(JsonNode document) {
    return work(document, "pgd_entries")
        + work(document, "pud_entries")
        + work(document, "pmd_entries")
        + work(document, "ptes_read");
  }

  /** Where a counter is above a bound. */
  static @Nullable Finding atMost(String what, long bound, long actual) {
    return actual >= 0 && actual <= bound
        ? null
        : new Finding(what, "at most %,d".formatted(bound), "%,d".formatted(actual));
  }
}
