// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.function.LongConsumer;

/** The pages of one process in the snapshot before: address, two words, and when it was told. */
final class PageTrack {
  private static final int FIELDS = 4;
  private static final int FIRST_SIZE = 1 << 10;
  private static final long GONE = -1;

  private long[] table = new long[FIELDS * FIRST_SIZE];
  private int size;
  private long round;
  private long foundLow;
  private long foundHigh;

  /** Another snapshot begins. */
  void begin() {
    round++;
  }

  /** Looks a page up, and keeps its words for the next two functions. */
  boolean find(long addr) {
    int at = slot(table, addr);
    boolean there = table[at] != 0 && table[at + 3] != GONE;
    foundLow = there ? table[at + 1] : 0;
    foundHigh = there ? table[at + 2] : 0;
    return there;
  }

  long foundLow() {
    return foundLow;
  }

  long foundHigh() {
    return foundHigh;
  }

  void put(long addr, long low, long high) {
    if (2 * FIELDS * size >= table.length) {
      grow();
    }
    int at = slot(table, addr);
    size += table[at] == 0 ? 1 : 0;
    table[at] = addr | 1;
    table[at + 1] = low;
    table[at + 2] = high;
    table[at + 3] = round;
  }

  /** Forgets pages that were not told since {@link #begin}, and says which. */
  void forgetUntold(LongConsumer gone) {
    for (int at = 0; at < table.length; at += FIELDS) {
      if (table[at] != 0 && table[at + 3] != GONE && table[at + 3] != round) {
        foundLow = table[at + 1];
        foundHigh = table[at + 2];
        table[at + 3] = GONE;
        gone.accept(table[at] & ~1L);
      }
    }
  }

  /** An address is kept with its lowest bit set, so that no entry looks empty. */
  private static int slot(long[] table, long addr) {
    int mask = table.length / FIELDS - 1;
    int slot = (int) ((addr * 0x9e3779b97f4a7c15L) >>> 32) & mask;
    while (table[FIELDS * slot] != 0 && table[FIELDS * slot] != (addr | 1)) {
      slot = slot + 1 & mask;
    }
    return FIELDS * slot;
  }

  private void grow() {
    long[] larger = new long[2 * table.length];
    for (int i = 0; i < table.length; i += FIELDS) {
      if (table[i] != 0) {
        System.arraycopy(table, i, larger, slot(larger, table[i] & ~1L), FIELDS);
      }
    }
    table = larger;
  }
}
