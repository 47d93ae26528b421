// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check.Finding;
import tools.jackson.databind.JsonNode;

/** Lab 4: break it like v3, then fix it. */
final class TripLab extends Lab {
  private static final String FILE = "trip.scenario";
  private static final int FEWEST_STATEMENTS = 5;
  private static final int HIDDEN = 3;
  private static final String BAD_PAGE_MAP = "Bad page map";

  TripLab() {
    super(4, "Break it like v3, then fix it", "MyScanStrategy", FILE);
  }

  @Override
  public List<Check> checks(String seed, Map<String, String> files) {
    String trip = files.getOrDefault(FILE, "");
    List<Check> checks = new ArrayList<>();
    checks.add(
        new Check(
            FILE + " makes v3 report a Bad page map",
            false,
            2,
            "run none ksm-v3 %d%n%s".formatted(StallLab.LIMIT, trip),
            TripLab::trips,
            "v3 never asks whether an entry is present; find an entry that is not, and not none."));
    checks.add(
        new Check(
            FILE + " is silent on v5, and has at most five statements",
            false,
            1,
            "run none linux-6.18 %d%n%s".formatted(StallLab.LIMIT, trip),
            answer -> isSilent(trip, answer),
            "Leave out what v3 does not need to see your entry."));
    for (int i = 0; i < HIDDEN; i++) {
      String text = scenario(new Draw(seed, 400 + i));
      checks.add(
          new Check(
              "your strategy, on markers of your own, " + (i + 1),
              true,
              2,
              "run scan linux-6.18 %d strategy.scan=mine%n%s".formatted(StallLab.LIMIT, text),
              answer -> StallLab.judge(text, answer),
              "Ask whether the word is present before you ask what page it is."));
    }
    checks.add(
        new Check(
            "your strategy, on swapped-out pages",
            false,
            1,
            "run scan linux-6.18 %d strategy.scan=mine%n%s".formatted(StallLab.LIMIT, SWAPPED),
            answer -> StallLab.judge(SWAPPED, answer),
            "A guard marker is not the only word that is neither none nor present."));
    return checks;
  }

  private static final String SWAPPED =
      """
      machine swap=64
      process A
      A mmap X 16p
      A madvise X MERGEABLE
      A write X cycle=4
      A swapout X[3p..9p]
      scan 3
      """;

  private static @Nullable Finding trips(String answer) {
    JsonNode document = Scenarios.document(answer);
    if (document == null) {
      return Scenarios.noDocument(answer);
    }
    for (JsonNode report : document.path("reports")) {
      if (report.path("text").asString("").contains(BAD_PAGE_MAP)) {
        return null;
      }
    }
    return new Finding("kernel reports under ksm-v3", "a " + BAD_PAGE_MAP, "none");
  }

  private static @Nullable Finding isSilent(String trip, String answer) {
    JsonNode document = Scenarios.document(answer);
    if (document == null) {
      return Scenarios.noDocument(answer);
    }
    long statements =
        trip.lines().map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("#")).count();
    if (statements == 0 || trips(Scenarios.reference(trip, "ksm-v3").toString()) != null) {
      return new Finding(FILE, "a scenario that v3 trips over", "one that it does not");
    }
    if (!document.path("reports").isEmpty()) {
      return new Finding("kernel reports under linux-6.18", "none", "some");
    }
    return Scenarios.atMost("statements of " + FILE, FEWEST_STATEMENTS, statements);
  }

  private static String scenario(Draw draw) {
    StringBuilder text = new StringBuilder("process A\nA mmap X 1200p\nA madvise X MERGEABLE\n");
    for (int i = draw.between(2, 6); i > 0; i--) {
      int at = draw.between(0, 1100);
      int to = draw.between(at + 1, at + 60);
      text.append("A write X[%dp..%dp] cycle=%d\n".formatted(at, to, draw.between(1, 5)));
    }
    for (int i = draw.between(1, 5); i > 0; i--) {
      int at = draw.between(0, 1190);
      text.append("A madvise X[%dp..%dp] GUARD_INSTALL\n".formatted(at, at + draw.between(1, 9)));
    }
    text.append("A write X[1199p] id=1 => SIGSEGV\nscan 3\n");
    return text.toString()
        .replace("A write X[1199p]", "A madvise X[1199p] GUARD_INSTALL\nA write X[1199p]");
  }
}
