// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.draw;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.units.PageUnits;

/** Draws page tables: a column for each level, in each table the entries that are not empty. */
final class TablesPicture {
  private static final List<String> LEVELS = List.of("pgd", "pud", "pmd", "pte");
  private static final int LOWEST = 3;
  private static final int COLUMN = 230;
  private static final int BOX = 180;
  private static final int WIDE_BOX = 330;
  private static final int PADDING = 8;
  private static final int GAP = 14;
  private static final int MOST_LINES = 24;

  private final Svg svg;
  private final LongUnaryOperator sharers;

  /**
   * A picture of tables.
   *
   * @param sharers how many entries map a frame
   */
  TablesPicture(Svg svg, LongUnaryOperator sharers) {
    this.svg = svg;
    this.sharers = sharers;
  }

  /** Entries from first to last that say the same. */
  private record Run(int first, int last, String says, @Nullable PageTable below) {
    String text() {
      return first == last
          ? "[%d] %s".formatted(first, says)
          : "[%d..%d] %s".formatted(first, last, says);
    }
  }

  void draw(String caption, PgTables tables) {
    svg.text(0, Svg.LINE, caption, "caption");
    for (int level = 0; level <= LOWEST; level++) {
      svg.text(level * COLUMN, 2 * Svg.LINE + PADDING, LEVELS.get(level), "caption");
    }
    table(tables.pgd(), 0, 3 * Svg.LINE);
  }

  /** Draws a table and all below it; returns where the next one may begin. */
  private int table(PageTable table, int level, int y) {
    List<Run> runs = runs(table, level);
    int x = level * COLUMN;
    int shown = Math.min(runs.size(), MOST_LINES);
    int lines = 1 + shown + (runs.size() > shown ? 1 : 0);
    int height = lines * Svg.LINE + PADDING;
    svg.box(x, y, level == LOWEST ? WIDE_BOX : BOX, height, level == LOWEST ? "black" : "head");
    svg.text(x + PADDING, y + Svg.LINE, "table in frame 0x%x".formatted(table.pfn), "label");
    int below = y;
    for (int i = 0; i < shown; i++) {
      Run run = runs.get(i);
      int lineY = y + (i + 2) * Svg.LINE;
      svg.text(x + PADDING, lineY, run.text(), "label");
      if (run.below != null) {
        svg.line(x + BOX, lineY - PADDING / 2, x + COLUMN, below + Svg.LINE);
        below = table(run.below, level + 1, below);
      }
    }
    if (runs.size() > shown) {
      svg.text(x + PADDING, y + lines * Svg.LINE, "… " + (runs.size() - shown) + " more", "label");
    }
    return Math.max(below, y + height + GAP);
  }

  private List<Run> runs(PageTable table, int level) {
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < PageUnits.PTRS_PER_TABLE; i++) {
      long word = table.get(i);
      if (word == 0) {
        continue;
      }
      PageTable lower = level == LOWEST ? null : PgTables.below(table, i);
      String says = lower == null ? EntryText.of(word, sharers) : "table";
      Run last = runs.isEmpty() ? null : runs.getLast();
      if (last != null && lower == null && last.last == i - 1 && last.says.equals(says)) {
        runs.set(runs.size() - 1, new Run(last.first, i, says, null));
      } else {
        runs.add(new Run(i, i, says, lower));
      }
    }
    return runs;
  }
}
