// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.lab;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.samepage.labs.course.Check.Finding;
import org.samepage.labs.course.Labs;
import org.samepage.labs.grade.Verdict;
import org.samepage.labs.grade.Verdict.CheckResult;
import org.samepage.labs.grade.Verdict.Outcome;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A verdict for people, and as a document. */
public final class VerdictText {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /** How much is told of a check that failed. */
  public enum Hint {
    /** That it failed. */
    NONE,
    /** Where, what was expected, and what came. */
    SOME,
    /** And one sentence of help. */
    FULL
  }

  private VerdictText() {}

  /** The outcome in words. */
  public static String outcome(Verdict verdict) {
    return verdict.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Prints one line for a check, and what went wrong below it. */
  public static void print(Verdict verdict, Hint hint, PrintWriter out) {
    out.printf(
        "lab %d, %s; seed %s%n", verdict.lab(), Labs.of(verdict.lab()).title(), verdict.seed());
    if (verdict.outcome() != Outcome.GRADED) {
      out.printf("  %s: %s%n", outcome(verdict), verdict.why());
    } else {
      verdict.results().forEach(result -> print(result, hint, out));
    }
    out.printf("%d of %d points%n", verdict.points(), verdict.outOf());
  }

  private static void print(CheckResult result, Hint hint, PrintWriter out) {
    out.printf(
        "  %s  %d  %s%s%n",
        result.passed() ? "ok  " : "FAIL",
        result.check().points(),
        result.check().name(),
        result.check().hidden() ? " (of your seed)" : "");
    if (result.passed() || hint == Hint.NONE) {
      return;
    }
    Finding finding = Objects.requireNonNull(result.finding());
    out.printf("           at        %s%n", finding.where());
    out.printf("           expected  %s%n", finding.expected());
    out.printf(
        "           actual    %s%n", finding.actual().isEmpty() ? "(nothing)" : finding.actual());
    if (hint == Hint.FULL) {
      out.printf("           hint      %s%n", result.check().hintFor(finding));
    }
  }

  /** The document. */
  public static String json(Verdict verdict, Hint hint) {
    ObjectNode tree = MAPPER.createObjectNode();
    tree.put("lab", verdict.lab());
    tree.put("seed", verdict.seed());
    tree.put("outcome", outcome(verdict));
    tree.put("why", verdict.why());
    tree.put("points", verdict.points());
    tree.put("out_of", verdict.outOf());
    ArrayNode checks = tree.putArray("checks");
    for (CheckResult result : verdict.results()) {
      ObjectNode check = checks.addObject();
      check.put("name", result.check().name());
      check.put("hidden", result.check().hidden());
      check.put("points", result.check().points());
      boolean passed = verdict.outcome() == Outcome.GRADED && result.passed();
      check.put("passed", passed);
      Finding finding = result.finding();
      if (finding != null && !passed && hint != Hint.NONE) {
        check.put("at", finding.where());
        check.put("expected", finding.expected());
        check.put("actual", finding.actual());
        if (hint == Hint.FULL) {
          check.put("hint", result.check().hintFor(finding));
        }
      }
    }
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(tree);
  }

  /** One line of a class's table. */
  public static String csv(String folder, Verdict verdict) {
    return String.join(
        ",",
        quoted(folder),
        quoted(verdict.seed()),
        String.valueOf(verdict.lab()),
        String.valueOf(verdict.points()),
        String.valueOf(verdict.outOf()),
        outcome(verdict),
        quoted(verdict.outcome() == Outcome.GRADED ? failed(verdict) : verdict.why()));
  }

  /** The checks that failed, by name. */
  private static String failed(Verdict verdict) {
    return verdict.results().stream()
        .filter(result -> !result.passed())
        .map(result -> result.check().name())
        .collect(Collectors.joining("; "));
  }

  /** The line of a folder that cannot be graded. */
  public static String csvOfNone(String folder, String outcome, String why) {
    return String.join(",", quoted(folder), "", "", "0", "0", outcome, quoted(why));
  }

  /** A field that may hold anything; one that a spreadsheet would compute stays text. */
  private static String quoted(String field) {
    String safe = field.matches("(?s)[=+@-].*") ? "'" + field : field;
    return '"' + safe.replace("\"", "\"\"").replace('\n', ' ') + '"';
  }
}
