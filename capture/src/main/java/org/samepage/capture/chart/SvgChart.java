// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.chart;

import java.util.List;
import java.util.Locale;
import org.samepage.capture.predict.Prediction;
import org.samepage.capture.predict.Timeline;
import org.samepage.mm.units.PageUnits;

/** A chart as SVG: a line for each prediction. */
public final class SvgChart {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 320;
  private static final int LEFT = 80;
  private static final int RIGHT = 20;
  private static final int TOP = 20;
  private static final int BOTTOM = 50;
  private static final int MOST_POINTS = 1_000;
  private static final int TICKS = 4;
  private static final double MIB = 1 << 20;
  private static final String[] COLOURS = {"#0b5394", "#b45f06", "#38761d", "#741b47", "#666666"};

  private final StringBuilder svg = new StringBuilder();
  private final long mostScanned;
  private final long mostSaved;

  private SvgChart(List<Prediction> predictions) {
    long scanned = 1;
    long saved = 1;
    for (Prediction prediction : predictions) {
      Timeline timeline = prediction.timeline();
      for (int i = 0; i < timeline.size(); i++) {
        scanned = Math.max(scanned, timeline.scanned(i));
        saved = Math.max(saved, timeline.savedPages(i));
      }
    }
    this.mostScanned = scanned;
    this.mostSaved = saved;
  }

  /** The saving over the pages scanned. */
  public static String of(List<Prediction> predictions) {
    SvgChart chart = new SvgChart(predictions);
    chart.begin();
    for (int i = 0; i < predictions.size(); i++) {
      chart.line(predictions.get(i), i);
    }
    return chart.svg.append("</svg>\n").toString();
  }

  private double x(long scanned) {
    return LEFT + (double) scanned / mostScanned * (WIDTH - LEFT - RIGHT);
  }

  private double y(long saved) {
    return HEIGHT - BOTTOM - (double) saved / mostSaved * (HEIGHT - TOP - BOTTOM);
  }

  @SuppressWarnings(
      "AnnotateFormatMethod") // the annotation is of a library that is not ours to have
  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void begin() {
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
            + " font-family=\"sans-serif\" font-size=\"12\">",
        WIDTH, HEIGHT);
    add("<title>Memory saved over pages scanned</title>");
    add("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    for (int i = 0; i <= TICKS; i++) {
      double at = y(mostSaved * i / TICKS);
      add(
          "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\""
              + " text-anchor=\"end\">%,.1f MiB</text>",
          LEFT,
          at,
          WIDTH - RIGHT,
          LEFT - 6,
          at + 4,
          PageUnits.pagesToBytes(mostSaved * i / TICKS) / MIB);
      add(
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%,d</text>",
          x(mostScanned * i / TICKS), HEIGHT - BOTTOM + 18, mostScanned * i / TICKS);
    }
    add(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">pages scanned</text>",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
  }

  private void line(Prediction prediction, int number) {
    Timeline timeline = prediction.timeline();
    int step = Math.max(1, timeline.size() / MOST_POINTS);
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < timeline.size(); i += step) {
      point(path, timeline, i);
    }
    point(path, timeline, timeline.size() - 1);
    String colour = COLOURS[number % COLOURS.length];
    add("<path d=\"M%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", path, colour);
    add(
        "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>",
        LEFT + 10, TOP + 14 + 16 * number, colour, prediction.profile());
  }

  private void point(StringBuilder path, Timeline timeline, int at) {
    path.append(path.isEmpty() ? "" : "L")
        .append(
            String.format(
                Locale.ROOT, "%.1f %.1f ", x(timeline.scanned(at)), y(timeline.savedPages(at))));
  }
}
