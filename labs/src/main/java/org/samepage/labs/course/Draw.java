// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import org.samepage.mm.units.SplitMix64;

/** What is drawn for one student: the same for a seed everywhere. */
final class Draw {
  private final SplitMix64 numbers;

  /**
   * Draws for a check.
   *
   * @param seed a student's name or number, perhaps with a teacher's word
   * @param check keeps the checks of a lab apart
   */
  Draw(String seed, int check) {
    long state = SplitMix64.mix(check);
    for (int i = 0; i < seed.length(); i++) {
      state = SplitMix64.mix(state + seed.charAt(i) + 1);
    }
    this.numbers = new SplitMix64(state);
  }

  /** From least to most, both included. */
  int between(int least, int most) {
    return least + (int) Long.remainderUnsigned(numbers.next(), most - least + 1L);
  }

  /** From 0 to below 2^bits. */
  long bits(int bits) {
    return numbers.next() >>> (Long.SIZE - bits);
  }

  boolean oneIn(int times) {
    return between(1, times) == 1;
  }
}
