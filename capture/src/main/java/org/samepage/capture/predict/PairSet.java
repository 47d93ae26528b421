// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.Arrays;

/** Pairs of words, in a table of their own: nothing is boxed. The pair of zeros is not one. */
final class PairSet {
  private static final int FIRST_SIZE = 1 << 10;

  private long[] table = new long[2 * FIRST_SIZE];
  private int size;

  /** Adds a pair; returns whether it was not there. */
  boolean add(long high, long low) {
    if (4 * size >= table.length) {
      grow();
    }
    int at = find(table, high, low);
    if ((table[at] | table[at + 1]) != 0) {
      return false;
    }
    table[at] = high;
    table[at + 1] = low;
    size++;
    return true;
  }

  boolean contains(long high, long low) {
    int at = find(table, high, low);
    return (table[at] | table[at + 1]) != 0;
  }

  int size() {
    return size;
  }

  void clear() {
    Arrays.fill(table, 0);
    size = 0;
  }

  /** Where a pair is, or where it would go. */
  private static int find(long[] table, long high, long low) {
    int mask = table.length / 2 - 1;
    long mixed = (high ^ low * 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L;
    int slot = (int) (mixed >>> 32) & mask;
    while ((table[2 * slot] | table[2 * slot + 1]) != 0
        && (table[2 * slot] != high || table[2 * slot + 1] != low)) {
      slot = slot + 1 & mask;
    }
    return 2 * slot;
  }

  private void grow() {
    long[] larger = new long[2 * table.length];
    for (int i = 0; i < table.length; i += 2) {
      if ((table[i] | table[i + 1]) != 0) {
        int at = find(larger, table[i], table[i + 1]);
        larger[at] = table[i];
        larger[at + 1] = table[i + 1];
      }
    }
    table = larger;
  }
}
