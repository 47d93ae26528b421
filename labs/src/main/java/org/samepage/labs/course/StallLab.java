// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check.Finding;
import tools.jackson.databind.JsonNode;

/** Lab 3: the 32 TiB stall. */
final class StallLab extends Lab {
  /** Steps of a run; what is asked of the labs needs a hundredth of it. */
  static final long LIMIT = 1L << 20;

  private static final String PROFILE = "linux-6.18";
  private static final int HIDDEN = 4;

  StallLab() {
    super(3, "The 32 TiB stall", "MyScanStrategy");
  }

  @Override
  public List<Check> checks(String seed, Map<String, String> files) {
    List<Check> checks = new ArrayList<>();
    checks.add(
        check(
            "small and full, beside a file",
            false,
            1,
            """
            process A
            file F 8p id=3
            A mmap X 64p
            A madvise X MERGEABLE
            A write X cycle=4
            A mmap M 8p file=F
            A madvise M MERGEABLE
            A touch M
            A write M[2p] id=1
            scan 3
            expect ksm.pages_shared == 4
            expect ksm.pages_sharing == 61
            """,
            "The same pages in the same order, without asking for each address."));
    checks.add(
        check(
            "32 TiB with one page",
            false,
            2,
            """
            process A
            A mmap BIG 32T noreserve
            A madvise BIG MERGEABLE
            A write BIG[12345678p] id=1
            scan 2
            expect A.rmap_items == 1
            expect ksm.full_scans == 2
            """,
            "walkPageRangeVma passes over what has no table."));
    checks.add(
        check(
            "the last page of 32 TiB",
            false,
            2,
            """
            process A
            A mmap BIG 32T noreserve
            A madvise BIG MERGEABLE
            A write BIG[0x1fffffffffp..0x200000000p] id=1
            A mmap NEXT 2p
            A madvise NEXT MERGEABLE
            A write NEXT id=1
            scan 3
            expect A.rmap_items == 3
            expect ksm.pages_sharing == 2
            """
                .replace("0x1fffffffffp..0x200000000p", "8589934591p..8589934592p"),
            "The end is exclusive; the last page of a VMA begins one page below it."));
    for (int i = 0; i < HIDDEN; i++) {
      checks.add(
          check(
              "an address space of your own, " + (i + 1),
              true,
              i == 0 ? 2 : 1,
              scenario(new Draw(seed, 300 + i)),
              "Mergeable VMAs with an anon_vma alone; present pages of anonymous folios alone."));
    }
    return checks;
  }

  private static String scenario(Draw draw) {
    StringBuilder text = new StringBuilder("ksm smart_scan=0\nprocess A\nprocess B\n");
    StringBuilder guards = new StringBuilder(); // after all writes
    for (String process : List.of("A", "B")) {
      int mappings = draw.between(2, 4);
      for (int i = 0; i < mappings; i++) {
        int gigas = draw.between(1, 900);
        text.append("%s mmap X%d %dG noreserve\n".formatted(process, i, gigas));
        if (i == 0 || !draw.oneIn(4)) {
          text.append("%s madvise X%d MERGEABLE\n".formatted(process, i));
        }
        for (int w = draw.between(0, 5); w > 0; w--) {
          long page = draw.bits(18) * gigas;
          int pages = draw.between(1, 6);
          String range = "X%d[%dp..%dp]".formatted(i, Math.max(0, page - pages), page + 1);
          text.append("%s write %s cycle=%d\n".formatted(process, range, draw.between(1, 3)));
          if (draw.oneIn(3)) {
            guards.append("%s madvise X%d[%dp] GUARD_INSTALL\n".formatted(process, i, page));
          }
        }
        if (draw.oneIn(2)) {
          text.append("%s write X%d[%dp] id=7\n".formatted(process, i, gigas * 262144L - 1));
        }
      }
    }
    text.append("A write X0[0..4p] cycle=2\n").append(guards);
    return text.append("scan 3\nB exit\nscan 1\n").toString();
  }

  private static Check check(String name, boolean hidden, int points, String text, String hint) {
    return new Check(
        name,
        hidden,
        points,
        "run scan %s %d strategy.scan=mine%n%s".formatted(PROFILE, LIMIT, text),
        answer -> judge(text, answer),
        hint);
  }

  /** Equal results, no address probed by a scan, and no more entries than the reference reads. */
  static @Nullable Finding judge(String text, String answer) {
    JsonNode document = Scenarios.document(answer);
    if (document == null) {
      return Scenarios.noDocument(answer);
    }
    JsonNode reference = Scenarios.reference(text, PROFILE);
    Finding difference = Scenarios.difference(reference, document);
    if (difference != null) {
      return difference;
    }
    Finding probed =
        Scenarios.atMost(
            "work.addresses_probed",
            Scenarios.work(reference, "addresses_probed"),
            Scenarios.work(document, "addresses_probed"));
    long bound = Scenarios.entries(reference) * 5 / 4;
    return probed != null
        ? probed
        : Scenarios.atMost("table entries read", bound, Scenarios.entries(document));
  }
}
