// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.Arrays;

/** The saving, batch by batch. */
public final class Timeline {
  private static final int FIELDS = 4;

  private long[] points = new long[FIELDS * 1024];
  private int length;

  /** A point; one like the last is left out. */
  void add(long savedPages, long scanned, long nanos, int pass) {
    if (length > 0 && points[length - FIELDS] == savedPages && points[length - 1] == pass) {
      return;
    }
    if (length == points.length) {
      points = Arrays.copyOf(points, 2 * length);
    }
    points[length] = savedPages;
    points[length + 1] = scanned;
    points[length + 2] = nanos;
    points[length + 3] = pass;
    length += FIELDS;
  }

  public int size() {
    return length / FIELDS;
  }

  public long savedPages(int point) {
    return points[point * FIELDS];
  }

  /** Pages scanned until then. */
  public long scanned(int point) {
    return points[point * FIELDS + 1];
  }

  /** The time until then, with ksmd's sleeps [ns]. */
  public long nanos(int point) {
    return points[point * FIELDS + 2];
  }

  /** The pass under way, from 1 on. */
  public int pass(int point) {
    return (int) points[point * FIELDS + 3];
  }

  /** The first point at which so many pages are saved; the last where none has them. */
  int reaching(long savedPages) {
    int point = 0;
    while (point < size() - 1 && savedPages(point) < savedPages) {
      point++;
    }
    return point;
  }
}
