// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import org.jspecify.annotations.Nullable;

/**
 * One thing that an answer is checked for.
 *
 * @param hidden whether its input depends on the student, and is not in what the student gets
 * @param points at least 1
 * @param request for the desk
 * @param judge says what is wrong with the desk's answer
 * @param hint one sentence for whoever fails it
 */
public record Check(
    String name, boolean hidden, int points, String request, Judge judge, String hint) {

  /** Compares an answer with what is right; runs in the grader. */
  @FunctionalInterface
  public interface Judge {
    /** What is wrong; null where nothing is. */
    @Nullable Finding judge(String answer);
  }

  /**
   * What is wrong with an answer.
   *
   * @param where a word, a step, or a line of the scenario
   * @param hint in place of the check's; empty where that one helps
   */
  public record Finding(String where, String expected, String actual, String hint) {
    public Finding(String where, String expected, String actual) {
      this(where, expected, actual, "");
    }
  }

  /** The sentence that helps with what was found. */
  public String hintFor(Finding finding) {
    return finding.hint().isEmpty() ? hint : finding.hint();
  }
}
