// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import java.util.SplittableRandom;

/** Random bytes, the same at each call. */
final class Pattern {
  private static final long SEED = 1795218171L;

  private Pattern() {}

  static byte[] bytes(long count) {
    byte[] bytes = new byte[(int) count];
    new SplittableRandom(SEED).nextBytes(bytes);
    return bytes;
  }
}
