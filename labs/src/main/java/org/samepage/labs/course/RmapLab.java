// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check.Finding;
import tools.jackson.databind.JsonNode;

/** Lab 6: your own rmap walk. */
final class RmapLab extends Lab {
  private static final String REFERENCE = "rmap-v4";
  private static final int MANY = 20_000;
  private static final int HIDDEN = 3;

  RmapLab() {
    super(6, "Your own rmap walk", "MyRmapWalkStrategy");
  }

  @Override
  public List<Check> checks(String seed, Map<String, String> files) {
    List<Check> checks = new ArrayList<>();
    checks.add(
        check(
            "moved before it merged",
            false,
            2,
            """
            machine nodes=2
            process A
            A mmap X 32p
            A write X byte=0x77
            A mremap X[16p..32p] 16p move as=Y
            A madvise Y MERGEABLE
            scan 4
            A migrate Y[0] node=1
            expect A.frames == 17
            """,
            "mremap leaves the page's index as it was; the item's address is the new one."));
    checks.add(
        check(
            MANY + " VMAs, one visit",
            false,
            3,
            Many.SCENARIO,
            "Ask for one page offset, and the interval tree does the rest."));
    for (int i = 0; i < HIDDEN; i++) {
      checks.add(
          check(
              "moves and forks of your own, " + (i + 1),
              true,
              i == 0 ? 1 : 2,
              scenario(new Draw(seed, 600 + i)),
              "What the item kept when it merged is right wherever its VMA has gone."));
    }
    return checks;
  }

  /** Long, so it is written once, by whoever asks first. */
  private static final class Many {
    static final String SCENARIO = many();
  }

  /** One anon_vma whose pages lie in many VMAs, as every other page may only be read. */
  private static String many() {
    int pages = MANY;
    StringBuilder text = new StringBuilder("machine nodes=2\nprocess A\n");
    text.append("A mmap X %dp\nA write X[0..%dp] cycle=%d\n".formatted(pages, pages, pages));
    text.append("A mremap X[0..%dp] %dp move as=Y\n".formatted(pages, pages));
    text.append("A write Y[0] id=1\nA write Y[%dp] id=1\n".formatted(pages / 2));
    for (int i = 1; i < pages; i += 2) {
      text.append("A mprotect Y[%dp] r\n".formatted(i));
    }
    text.append("A madvise Y[0] MERGEABLE\nA madvise Y[%dp] MERGEABLE\n".formatted(pages / 2));
    return text.append("scan 3\nexpect ksm.pages_sharing == 1\nA migrate Y[0] node=1\n").toString();
  }

  private static String scenario(Draw draw) {
    int pages = draw.between(12, 40);
    int cut = draw.between(2, pages - 4);
    int patterns = draw.between(1, 2);
    StringBuilder text = new StringBuilder("machine nodes=2\nprocess A\n");
    text.append("A mmap X %dp\nA write X cycle=%d\n".formatted(pages, patterns));
    text.append("A mremap X[%dp..%dp] %dp move as=Y\n".formatted(cut, pages, pages - cut));
    text.append("A madvise Y MERGEABLE\n");
    if (draw.oneIn(2)) {
      text.append("A madvise X[0..%dp] MERGEABLE\n".formatted(cut));
    }
    text.append("scan 4\nA fork B\n");
    if (draw.oneIn(2)) {
      text.append("B fork C\nB exit\nC migrate Y[0] node=1\n");
    } else {
      text.append("B migrate Y[1p] node=1\n");
    }
    text.append(
        "A poke Y[0] 3\nA migrate Y[1p] node=0\nscan 2\nA check Y[1p] id=%d\n"
            .formatted((cut + 1) % patterns));
    return text.toString();
  }

  private static Check check(String name, boolean hidden, int points, String text, String hint) {
    return new Check(
        name,
        hidden,
        points,
        "run rmap-walk %s %d strategy.rmap-walk=mine%n%s"
            .formatted(REFERENCE, StallLab.LIMIT, text),
        answer -> judge(text, answer),
        hint);
  }

  private static @Nullable Finding judge(String text, String answer) {
    JsonNode document = Scenarios.document(answer);
    if (document == null) {
      return Scenarios.noDocument(answer);
    }
    JsonNode reference = Scenarios.reference(text, REFERENCE);
    Finding difference = Scenarios.difference(reference, document);
    if (difference != null) {
      return difference;
    }
    long found = Scenarios.work(reference, "ptes_found");
    if (Scenarios.work(document, "ptes_found") != found) {
      return new Finding(
          "work.ptes_found",
          String.valueOf(found),
          String.valueOf(Scenarios.work(document, "ptes_found")));
    }
    return Scenarios.atMost(
        "VMAs visited (work.rmap_iterations)",
        Scenarios.work(reference, "rmap_iterations"),
        Scenarios.work(document, "rmap_iterations"));
  }
}
