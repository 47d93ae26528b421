// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;

/** Reads what an expectation is about. */
final class Subjects {
  private Subjects() {}

  static Subject parse(Tokens tokens, String word) throws ScenarioException {
    int dot = word.indexOf('.');
    if (dot < 1 || dot == word.length() - 1) {
      throw tokens.error("a subject is ksm.KEY or PROCESS.FIGURE, not " + word);
    }
    String owner = word.substring(0, dot);
    String figure = word.substring(dot + 1);
    if (owner.equals("ksm")) {
      return new Subject.Ksm(figure);
    }
    return new Subject.OfProcess(
        owner,
        tokens.choice(figure, "figure", List.of(ProcessFigure.values()), ProcessFigure::key));
  }
}
