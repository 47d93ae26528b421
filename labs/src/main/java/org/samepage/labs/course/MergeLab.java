// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.course.Check.Finding;

/** Lab 5: first merge. */
final class MergeLab extends Lab {
  private static final int HIDDEN = 4;

  MergeLab() {
    super(5, "First merge", "MyFirstMerge");
  }

  @Override
  public List<Check> checks(String seed, Map<String, String> files) {
    List<Check> checks = new ArrayList<>();
    checks.add(
        check(
            "two equal pages",
            false,
            1,
            "w 0 5\nw 1 5\ns\ns\ns\n",
            "The first pass takes checksums, the second merges."));
    checks.add(
        check(
            "a page that changes in each pass",
            false,
            1,
            "w 0 1\nw 1 1\nw 2 9\ns\nw 2 8\ns\nw 2 7\ns\nw 2 1\ns\n",
            "The checksum is asked before the stable tree: a page that has just changed waits for a"
                + " pass."));
    checks.add(
        check(
            "a write to a merged page",
            false,
            1,
            "w 0 3\nw 1 3\nw 2 3\ns\ns\nw 1 4\nc\ns\ns\nw 1 3\nc\ns\ns\n",
            "A write breaks the page out; ksmd notices at its next visit."));
    checks.add(
        check(
            "everybody leaves",
            false,
            1,
            "w 0 3\nw 1 3\ns\ns\nw 0 1\nw 1 2\ns\ns\nw 2 3\ns\ns\n",
            "A merged frame that nobody maps is gone, and its node with it."));
    for (int i = 0; i < HIDDEN; i++) {
      checks.add(
          check(
              "writes and passes of your own, " + (i + 1),
              true,
              i < 2 ? 1 : 2,
              steps(new Draw(seed, 500 + i)),
              "Follow one page by hand: checksum, stable tree, unstable tree."));
    }
    return checks;
  }

  private static String steps(Draw draw) {
    StringBuilder steps = new StringBuilder();
    int pages = draw.between(4, 24);
    for (int i = 0; i < pages; i++) {
      steps.append("w %d %d\n".formatted(i, draw.between(1, 4)));
    }
    for (int i = draw.between(10, 20); i > 0; i--) {
      for (int w = draw.between(0, 3); w > 0; w--) {
        steps.append("w %d %d\n".formatted(draw.between(0, pages - 1), draw.between(1, 6)));
      }
      steps.append(draw.oneIn(4) ? "c\ns\n" : "s\n");
    }
    return steps.append("w 0 1\nw 1 1\ns\ns\ns\n").toString();
  }

  private static Check check(String name, boolean hidden, int points, String steps, String hint) {
    return new Check(name, hidden, points, "merge\n" + steps, answer -> judge(steps, answer), hint);
  }

  private static @Nullable Finding judge(String steps, String answer) {
    List<String> expected = MergeModel.of(steps);
    List<String> said = answer.lines().toList();
    for (int i = 0; i < expected.size(); i++) {
      String says = i < said.size() ? said.get(i) : "";
      if (!expected.get(i).equals(says)) {
        return new Finding(place(steps, i), expected.get(i), says);
      }
    }
    return null;
  }

  /** The step after which a line of the answer was counted, from 0, and what was written last. */
  private static String place(String steps, int counted) {
    List<String> all = steps.lines().toList();
    int counts = 0;
    List<String> writes = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).startsWith("w")) {
        writes.add(all.get(i));
      } else if (counts++ == counted) {
        return "step %d, %s, pass %d; written since the one before: %s"
            .formatted(
                i + 1,
                all.get(i),
                all.subList(0, i + 1).stream().filter("s"::equals).count(),
                writes.isEmpty() ? "nothing" : String.join(", ", writes));
      } else {
        writes.clear();
      }
    }
    return "the end";
  }
}
