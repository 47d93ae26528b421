// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/** Numbers of the language: decimal or {@code 0x…}, with a suffix K, M, G, T or p. */
final class Numbers {
  private Numbers() {}

  /**
   * Reads a number.
   *
   * @throws NumberFormatException where it is none, or does not fit into 63 bits
   */
  static long parse(String word) {
    if (word.isEmpty()) {
      throw new NumberFormatException("empty");
    }
    int shift =
        switch (word.charAt(word.length() - 1)) {
          case 'K' -> 10;
          case 'p' -> 12;
          case 'M' -> 20;
          case 'G' -> 30;
          case 'T' -> 40;
          default -> 0;
        };
    String digits = shift == 0 ? word : word.substring(0, word.length() - 1);
    boolean hex = digits.startsWith("0x");
    String bare = hex ? digits.substring(2) : digits;
    if (bare.isEmpty() || Character.digit(bare.charAt(0), 16) < 0) {
      throw new NumberFormatException(word); // no sign here
    }
    long value = Long.parseLong(bare, hex ? 16 : 10);
    if (value > Long.MAX_VALUE >>> shift) {
      throw new NumberFormatException(word + " is too large");
    }
    return value << shift;
  }
}
