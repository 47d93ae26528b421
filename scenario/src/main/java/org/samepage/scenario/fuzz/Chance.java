// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.List;
import org.samepage.mm.units.SplitMix64;

/** Random numbers that are the same for a seed everywhere. */
final class Chance {
  private final SplitMix64 numbers;

  Chance(long seed) {
    this.numbers = new SplitMix64(seed);
  }

  /** A number for a seed and an index, far from those of its neighbours. */
  static long mix(long seed, long index) {
    return new SplitMix64(seed ^ new SplitMix64(index).next()).next();
  }

  /** From 0 to below the bound. */
  int below(int bound) {
    return (int) Long.remainderUnsigned(numbers.next(), bound);
  }

  /** From least to most, both included. */
  int between(int least, int most) {
    return least + below(most - least + 1);
  }

  /** True once in so many times. */
  boolean oneIn(int times) {
    return below(times) == 0;
  }

  <T> T of(List<T> choices) {
    return choices.get(below(choices.size()));
  }
}
