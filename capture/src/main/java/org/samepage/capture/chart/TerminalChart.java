// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.chart;

import java.util.ArrayList;
import java.util.List;
import org.samepage.capture.predict.Timeline;
import org.samepage.mm.units.PageUnits;

/** A chart of a few lines of text. */
public final class TerminalChart {
  private static final int WIDTH = 60;
  private static final int HEIGHT = 6;
  private static final String LEVELS = " ▁▂▃▄▅▆▇█";
  private static final int STEPS = LEVELS.length() - 1;
  private static final double MIB = 1 << 20;

  private TerminalChart() {}

  /** The saving over the pages scanned; empty where nothing was scanned. */
  public static List<String> lines(Timeline timeline) {
    int last = timeline.size() - 1;
    long scanned = last < 0 ? 0 : timeline.scanned(last);
    long most = 0;
    for (int i = 0; i <= last; i++) {
      most = Math.max(most, timeline.savedPages(i));
    }
    if (scanned == 0 || most == 0) {
      return List.of();
    }
    long[] columns = columns(timeline, scanned);
    List<String> lines = new ArrayList<>();
    for (int row = HEIGHT - 1; row >= 0; row--) {
      StringBuilder line = new StringBuilder();
      for (long saved : columns) {
        long eighths = saved * HEIGHT * STEPS / most;
        line.append(LEVELS.charAt(Math.clamp(eighths - (long) row * STEPS, 0, STEPS)));
      }
      String label =
          row == HEIGHT - 1 ? "%,.1f MiB".formatted(PageUnits.pagesToBytes(most) / MIB) : "";
      lines.add("%14s ┤%s".formatted(label, line.toString().stripTrailing()));
    }
    lines.add("%14s └%s".formatted("", "─".repeat(WIDTH)));
    String end = "%,d pages scanned".formatted(scanned);
    lines.add("%14s  0%s".formatted("", " ".repeat(Math.max(1, WIDTH - 1 - end.length())) + end));
    return lines;
  }

  /** The saving at the end of each column. */
  private static long[] columns(Timeline timeline, long scanned) {
    long[] columns = new long[WIDTH];
    int point = 0;
    for (int column = 0; column < WIDTH; column++) {
      long until = scanned * (column + 1) / WIDTH;
      while (point < timeline.size() - 1 && timeline.scanned(point + 1) <= until) {
        point++;
      }
      columns[column] = timeline.savedPages(point);
    }
    return columns;
  }
}
