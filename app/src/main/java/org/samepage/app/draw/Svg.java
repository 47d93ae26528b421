// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.draw;

import java.util.Locale;

/** Collects the shapes of a picture and writes them as SVG that needs nothing else. */
public final class Svg {
  /** Height of a line of text [px]. */
  public static final int LINE = 17;

  private static final int MARGIN = 12;
  private static final double CHARACTER = 7.3;

  private final StringBuilder shapes = new StringBuilder();
  private final String title;
  private int width;
  private int height;

  public Svg(String title) {
    this.title = title;
  }

  /** How wide a text is, at most [px]. */
  public static int widthOf(String text) {
    return (int) Math.ceil(text.length() * CHARACTER);
  }

  /** A box; {@code kind} is a class of the style. */
  public void box(int x, int y, int boxWidth, int boxHeight, String kind) {
    shapes.append(
        "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>%n"
            .formatted(kind, x, y, boxWidth, boxHeight));
    grow(x + boxWidth, y + boxHeight);
  }

  /** A line of text with its left end at the baseline's start. */
  public void text(int x, int y, String text, String kind) {
    shapes.append(
        "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n".formatted(kind, x, y, escaped(text)));
    grow(x + widthOf(text), y);
  }

  /** A line. */
  public void line(int x1, int y1, int x2, int y2) {
    shapes.append(
        "<path class=\"edge\" d=\"M%d %d C%d %d %d %d %d %d\"/>%n"
            .formatted(x1, y1, (x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2));
    grow(Math.max(x1, x2), Math.max(y1, y2));
  }

  private void grow(int x, int y) {
    width = Math.max(width, x);
    height = Math.max(height, y);
  }

  /** How far down the picture goes so far [px]. */
  public int bottom() {
    return height;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** The whole picture. */
  public String document() {
    int w = width + 2 * MARGIN;
    int h = height + 2 * MARGIN;
    return String.format(
            Locale.ROOT,
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" \
            viewBox="%3$d %3$d %1$d %2$d" style="max-width: 100%%; height: auto" role="img">
            <title>%4$s</title>
            <style>
            rect { fill: #fff; stroke: #456; }
            rect.head { fill: #dde6ef; }
            rect.shared { fill: #e2f0d9; }
            rect.odd { fill: #fbe5d6; }
            rect.black { fill: #eee; stroke: #222; }
            rect.red { fill: #fde8e8; stroke: #b22; }
            text { font-family: monospace; font-size: 12px; fill: #123; }
            text.caption { font-weight: bold; }
            path.edge { fill: none; stroke: #789; }
            </style>
            """,
            w,
            h,
            -MARGIN,
            escaped(title))
        + shapes
        + "</svg>\n";
  }
}
