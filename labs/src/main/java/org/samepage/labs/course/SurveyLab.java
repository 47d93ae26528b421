// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check.Finding;
import org.samepage.mm.units.PageUnits;

/** Lab 2: walk it. */
final class SurveyLab extends Lab {
  private static final long START = 0x1000_0000_0000L;
  private static final long END = 0x1000_8000_0000L;
  private static final int HIDDEN = 4;

  SurveyLab() {
    super(2, "Walk it", "MySurvey");
  }

  @Override
  public List<Check> checks(String seed, Map<String, String> files) {
    List<Check> checks = new ArrayList<>();
    checks.add(
        check(
            "one mergeable mapping",
            false,
            1,
            """
            process A
            A mmap X 8M
            A madvise X MERGEABLE
            A write X[4p..7p] id=1
            A write X[5M] id=2
            """,
            START,
            END,
            1000,
            "Have PTE_ENTRY and PTE_HOLE; what has no table is reported as a hole."));
    checks.add(
        check(
            "a mapping that is not mergeable",
            false,
            1,
            """
            process A
            A mmap X 4M
            A write X[0..3p] id=1
            A mmap Y 2M
            A madvise Y MERGEABLE
            A write Y[1p] id=2
            """,
            START,
            END,
            1000,
            "A test_walk that returns 1 passes over a VMA; below 0 it ends the walk."));
    checks.add(
        check(
            "the limit",
            false,
            1,
            """
            process A
            A mmap X 64p
            A madvise X MERGEABLE
            A write X id=1
            """,
            START,
            END,
            10,
            "A callback that returns 1 ends the walk, and the walk returns it."));
    checks.add(
        check(
            "the ends of the range",
            false,
            1,
            """
            process A
            A mmap X 64p
            A madvise X MERGEABLE
            A write X id=1
            """,
            START + 3 * PageUnits.PAGE_SIZE,
            START + 23 * PageUnits.PAGE_SIZE,
            1000,
            "The start is included, the end is not."));
    checks.add(
        check(
            "a locked mapping",
            false,
            1,
            """
            process A
            A mmap X 4p
            A madvise X MERGEABLE
            A write X[1p] id=1
            A mmap Y 2p
            A mlock Y
            A mmap Z 4p
            A madvise Z MERGEABLE
            A write Z id=1
            """,
            START,
            END,
            1000,
            "VM_LOCKED: -EPERM from test_walk, before anything else is asked."));
    for (int i = 0; i < HIDDEN; i++) {
      Draw draw = new Draw(seed, 200 + i);
      String text = scenario(draw, i == HIDDEN - 1);
      long start = START + draw.between(0, 8) * PageUnits.PAGE_SIZE;
      long end = END - draw.between(0, 512) * 0x100000L;
      int limit = i == 1 ? draw.between(1, 20) : 10_000;
      checks.add(
          check(
              "an address space of your own, " + (i + 1),
              true,
              i == 0 ? 1 : 2,
              text,
              start,
              end,
              limit,
              "One walk; holes outside VMAs are not yours; guards are no pages."));
    }
    return checks;
  }

  private static String scenario(Draw draw, boolean locked) {
    StringBuilder text = new StringBuilder("process A\n");
    int mappings = draw.between(3, 6);
    for (int i = 0; i < mappings; i++) {
      int pages = draw.between(8, 3000);
      text.append("A mmap X%d %dp\n".formatted(i, pages));
      if (i == 0 || !draw.oneIn(3)) {
        text.append("A madvise X%d MERGEABLE\n".formatted(i));
      }
      for (int w = draw.between(1, 4); w > 0; w--) {
        int from = draw.between(0, pages - 2);
        int to = draw.between(from + 1, Math.min(pages, from + 40));
        text.append("A write X%d[%dp..%dp] id=%d\n".formatted(i, from, to, draw.between(1, 9)));
      }
      if (draw.oneIn(2)) {
        int from = draw.between(0, pages - 2);
        text.append("A madvise X%d[%dp..%dp] GUARD_INSTALL\n".formatted(i, from, from + 2));
      }
      if (locked && i == mappings - 2) {
        text.append("A mmap L 3p\nA mlock L\n");
      }
    }
    return text.toString();
  }

  private static Check check(
      String name,
      boolean hidden,
      int points,
      String text,
      long start,
      long end,
      long limit,
      String hint) {
    String request = "survey 0x%x 0x%x %d%n%s".formatted(start, end, limit, text);
    return new Check(
        name,
        hidden,
        points,
        request,
        answer -> judge(SurveyModel.of(text, start, end, limit), answer),
        hint);
  }

  private static @Nullable Finding judge(SurveyModel model, String answer) {
    int work = answer.indexOf(" walks=");
    String said = work < 0 ? answer : answer.substring(0, work);
    if (!said.equals(model.says())) {
      return new Finding("the survey", model.says(), said);
    }
    String[] words = answer.substring(work + 1).split("[ =]");
    Finding walks = Scenarios.atMost("page walks", 1, Long.parseLong(words[1]));
    return walks != null
        ? walks
        : Scenarios.atMost("table entries read", model.ptes(), Long.parseLong(words[3]));
  }
}
