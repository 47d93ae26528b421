// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.units.SplitMix64;

/** What the pages are that a scan is measured on: the bytes that the C program writes too. */
public enum ScanContent {
  /** All different. */
  DISTINCT,
  /** All equal. */
  SAME,
  /** Two of each, the second ones behind all first ones. */
  PAIRS,
  /** Seven different ones, in turn. */
  CYCLE7;

  private static final int WORDS = PageUnits.PAGE_BYTES / Long.BYTES;
  private static final long SEVEN = 7;

  /** The name on the command line, and in the C program. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return word();
  }

  /** The number of the content that a page has. */
  private long id(long page, long pages) {
    return switch (this) {
      case DISTINCT -> page;
      case SAME -> 1;
      case PAIRS -> page % (pages / 2);
      case CYCLE7 -> page % SEVEN;
    };
  }

  /** Fills a buffer with what a page holds. */
  void fill(long page, long pages, byte[] buffer) {
    ByteBuffer words = ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN);
    for (int j = 0; j < WORDS; j++) {
      words.putLong(SplitMix64.at(id(page, pages) * WORDS + j));
    }
  }
}
