// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.List;

/** Random numbers that are the same for a seed everywhere: SplitMix64. */
final class Chance {
  private static final long STEP = 0x9E37_79B9_7F4A_7C15L;

  private long state;

  Chance(long seed) {
    this.state = seed;
  }

  /** A number for a seed and an index, far from those of its neighbours. */
  static long mix(long seed, long index) {
    return new Chance(seed ^ new Chance(index).next()).next();
  }

  private long next() {
    state += STEP;
    long z = state;
    z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
    z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
    return z ^ z >>> 31;
  }

  /** From 0 to below the bound. */
  int below(int bound) {
    return (int) Long.remainderUnsigned(next(), bound);
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
