// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.swap;

import java.util.Arrays;
import org.samepage.mm.phys.Frames;

/**
 * The rows of a device's slots: how many words stand for each, and which folio is its copy. Room is
 * made as slots are first used. The caller holds the device's lock.
 */
final class SwapSlots {
  /** No slot: the number of the header's. */
  static final int NO_SLOT = 0;

  /** The number of slots, the header included. */
  final int end;

  private int[] counts = new int[0];
  private int[] folios = new int[0];
  private int[] free = new int[16];
  private int freeCount;
  private int next = 1;

  SwapSlots(int end) {
    this.end = end;
  }

  /** An unused slot; {@link #NO_SLOT} where there is none. */
  int take() {
    if (freeCount > 0) {
      return free[--freeCount];
    }
    if (next >= end) {
      return NO_SLOT;
    }
    if (next >= counts.length) {
      int before = counts.length;
      counts = Arrays.copyOf(counts, Math.min(end, Math.max(64, before * 2)));
      folios = Arrays.copyOf(folios, counts.length);
      Arrays.fill(folios, before, folios.length, Frames.NO_PAGE);
    }
    return next++;
  }

  void release(int slot) {
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, freeCount * 2);
    }
    free[freeCount++] = slot;
  }

  int used() {
    return next - 1 - freeCount;
  }

  /** Whether this was ever a slot of the device. */
  boolean isKnown(int slot) {
    return slot > 0 && slot < next;
  }

  /** One more than the highest slot ever used. */
  int knownEnd() {
    return next;
  }

  int count(int slot) {
    return counts[slot];
  }

  int addCount(int slot, int delta) {
    counts[slot] += delta;
    return counts[slot];
  }

  int folio(int slot) {
    return folios[slot];
  }

  void setFolio(int slot, int folio) {
    folios[slot] = folio;
  }
}
