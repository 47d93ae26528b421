// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.ktap;

import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Map;
import org.samepage.selftests.run.Outcome;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Status;
import org.samepage.selftests.run.Suite;

/**
 * Prints results as KTAP, version 1: a test for each suite, and in it, indented, one for each of
 * its cases.
 */
public final class KtapWriter {
  private static final String INDENT = "  ";

  private final PrintWriter out;
  private final Map<Status, Integer> totals = new EnumMap<>(Status.class);
  private int suiteNumber;
  private int caseNumber;
  private boolean suiteFine;
  private boolean suiteSkipped;

  public KtapWriter(PrintWriter out) {
    this.out = out;
    for (Status status : Status.values()) {
      totals.put(status, 0);
    }
  }

  /** The head of everything. */
  public void begin(int suites) {
    out.println("KTAP version 1");
    out.println("1.." + suites);
    out.flush();
  }

  /** The head of a suite. */
  public void beginSuite(Suite suite, int cases) {
    suiteNumber++;
    caseNumber = 0;
    suiteFine = true;
    suiteSkipped = true;
    out.println(INDENT + "KTAP version 1");
    out.println(INDENT + "# Subtest: " + suite.program());
    out.println(INDENT + "1.." + cases);
    out.flush();
  }

  /** The result of a case, and before it what it said. */
  public void result(Selftest test, Outcome outcome) {
    totals.merge(outcome.status(), 1, Integer::sum);
    suiteFine &= outcome.isFine();
    suiteSkipped &= outcome.status() == Status.SKIP;
    outcome.lines().forEach(this::diagnostic);
    if (!outcome.isFine() && !outcome.reason().isEmpty()) {
      diagnostic(outcome.reason());
    }
    out.println(
        INDENT
            + (outcome.isFine() ? "ok " : "not ok ")
            + ++caseNumber
            + " "
            + plain(test.id() + " " + test.name())
            + directive(outcome));
    out.flush();
  }

  private void diagnostic(String text) {
    text.lines().forEach(line -> out.println(INDENT + "# " + line));
  }

  /** A name has no directive in it. */
  private static String plain(String name) {
    return name.replace("#", "");
  }

  private static String directive(Outcome outcome) {
    return switch (outcome.status()) {
      case PASS, FAIL -> "";
      default -> (" # " + outcome.status() + " " + plain(outcome.reason())).stripTrailing();
    };
  }

  /** The result of a suite. */
  public void endSuite(Suite suite) {
    out.println(
        (suiteFine ? "ok " : "not ok ")
            + suiteNumber
            + " "
            + suite.program()
            + (suiteSkipped ? " # SKIP" : ""));
    out.flush();
  }

  /** The totals of everything. */
  public void end() {
    int skipped = count(Status.SKIP);
    if (skipped != 0) {
      out.println("# " + skipped + " skipped test(s) detected; each says what it lacks.");
    }
    out.printf(
        "# Totals: pass:%d fail:%d xfail:%d xpass:%d skip:%d error:0%n",
        count(Status.PASS), count(Status.FAIL), count(Status.XFAIL), count(Status.XPASS), skipped);
    out.flush();
  }

  private int count(Status status) {
    return totals.getOrDefault(status, 0);
  }

  /** Whether nothing failed that should not, nor passed that should not. */
  public boolean isFine() {
    return count(Status.FAIL) == 0 && count(Status.XPASS) == 0;
  }

  /** Whether there was nothing but skipped cases. */
  public boolean isAllSkipped() {
    return totals.entrySet().stream()
        .allMatch(total -> total.getKey() == Status.SKIP || total.getValue() == 0);
  }
}
