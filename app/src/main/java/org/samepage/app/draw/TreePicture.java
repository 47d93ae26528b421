// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.draw;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;

/** Draws a red-black tree, its nodes from left to right in order. */
final class TreePicture {
  private static final int MOST_LEVELS = 5;
  private static final int GAP = 14;
  private static final int LEVEL = 3 * Svg.LINE + 32;
  private static final int PADDING = 8;

  private final Svg svg;
  private final Function<RbNode, List<String>> labels;
  private final int top;
  private int x;

  private TreePicture(Svg svg, Function<RbNode, List<String>> labels, int top) {
    this.svg = svg;
    this.labels = labels;
    this.top = top;
  }

  /**
   * Draws a tree below what the picture has so far.
   *
   * @param labels the lines in a node's box; at most three
   */
  static void draw(Svg svg, String caption, RbRoot root, Function<RbNode, List<String>> labels) {
    int top = svg.bottom() == 0 ? 0 : svg.bottom() + 2 * Svg.LINE;
    svg.text(0, top + Svg.LINE, caption, "caption");
    RbNode first = root.rbNode();
    if (first == null) {
      svg.text(0, top + 2 * Svg.LINE, "empty", "label");
    } else {
      new TreePicture(svg, labels, top + 2 * Svg.LINE).subtree(first, 0);
    }
  }

  /** Returns where the subtree's own box is: its middle. */
  private int subtree(RbNode node, int depth) {
    if (depth == MOST_LEVELS) {
      return box(List.of("… " + count(node) + " more"), depth, "label");
    }
    RbNode left = node.rbLeft();
    RbNode right = node.rbRight();
    int leftMiddle = left == null ? 0 : subtree(left, depth + 1);
    List<String> lines = labels.apply(node);
    int middle = box(lines, depth, "black");
    int bottom = top + depth * LEVEL + lines.size() * Svg.LINE + PADDING;
    if (left != null) {
      svg.line(middle, bottom, leftMiddle, top + (depth + 1) * LEVEL);
    }
    if (right != null) {
      svg.line(middle, bottom, subtree(right, depth + 1), top + (depth + 1) * LEVEL);
    }
    return middle;
  }

  private int box(List<String> lines, int depth, String kind) {
    int width = 0;
    for (String line : lines) {
      width = Math.max(width, Svg.widthOf(line));
    }
    width += 2 * PADDING;
    int y = top + depth * LEVEL;
    svg.box(x, y, width, lines.size() * Svg.LINE + PADDING, kind);
    for (int i = 0; i < lines.size(); i++) {
      svg.text(x + PADDING, y + (i + 1) * Svg.LINE, Objects.requireNonNull(lines.get(i)), "label");
    }
    int middle = x + width / 2;
    x += width + GAP;
    return middle;
  }

  private static int count(@Nullable RbNode node) {
    return node == null ? 0 : 1 + count(node.rbLeft()) + count(node.rbRight());
  }
}
