// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.units;

/** The SplitMix64 generator: numbers that are the same for a seed on every machine and JDK. */
public final class SplitMix64 {
  private static final long GAMMA = 0x9E37_79B9_7F4A_7C15L;

  private long state;

  public SplitMix64(long seed) {
    this.state = seed;
  }

  /** The next number. */
  public long next() {
    state += GAMMA;
    return mix(state);
  }

  /** The number of an index, from 0, for the seed 0. */
  public static long at(long index) {
    return mix((index + 1) * GAMMA);
  }

  /** The output function: a bijection that spreads a change of any bit over all. */
  public static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
    return z ^ (z >>> 31);
  }
}
