// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;
import org.samepage.mm.work.WorkCounter;

/** Reads what an expectation is about. */
final class Subjects {
  private Subjects() {}

  static Subject parse(Tokens tokens, String word) throws ScenarioException {
    if (word.equals("reports")) {
      return new Subject.Reports();
    }
    int dot = word.indexOf('.');
    if (dot < 1 || dot == word.length() - 1) {
      throw tokens.error(
          "a subject is ksm.KEY, work.COUNTER, reports or PROCESS.FIGURE, not " + word);
    }
    String owner = word.substring(0, dot);
    String figure = word.substring(dot + 1);
    if (owner.equals("ksm")) {
      return new Subject.Ksm(figure);
    }
    if (owner.equals("work")) {
      return new Subject.Work(
          tokens.choice(figure, "counter", List.of(WorkCounter.values()), WorkCounter::key));
    }
    return new Subject.OfProcess(
        owner,
        tokens.choice(figure, "figure", List.of(ProcessFigure.values()), ProcessFigure::key));
  }
}
