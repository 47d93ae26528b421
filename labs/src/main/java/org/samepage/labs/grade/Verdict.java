// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check;

/**
 * What became of a student's folder.
 *
 * @param outcome in one word, see {@link Outcome}
 * @param why where the outcome is not {@link Outcome#GRADED}
 * @param results of each check, in order; all without points where it was not graded
 */
public record Verdict(
    int lab, String seed, Outcome outcome, String why, List<CheckResult> results) {

  /** How grading ended. */
  public enum Outcome {
    /** All checks were judged. */
    GRADED,
    /** What was handed out to be read was changed; 0 points. */
    CHANGED,
    /** There is no such class, or it does not compile; 0 points. */
    DOES_NOT_COMPILE,
    /** An answer did not come in time; 0 points. */
    DID_NOT_FINISH
  }

  /**
   * One check.
   *
   * @param finding null where it passed
   */
  public record CheckResult(Check check, Check.@Nullable Finding finding) {
    public boolean passed() {
      return finding == null;
    }
  }

  /** Points earned. */
  public int points() {
    return outcome == Outcome.GRADED
        ? results.stream().filter(CheckResult::passed).mapToInt(r -> r.check().points()).sum()
        : 0;
  }

  /** Points that there are. */
  public int outOf() {
    return results.stream().mapToInt(r -> r.check().points()).sum();
  }

  public boolean isFull() {
    return outcome == Outcome.GRADED && points() == outOf();
  }
}
