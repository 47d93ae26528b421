// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/** What a mapping allows; {@link #bits} are those of PROT_READ, PROT_WRITE and PROT_EXEC. */
public enum Protection {
  NONE("none", 0),
  R("r", 1),
  RW("rw", 3),
  RX("rx", 5),
  RWX("rwx", 7);

  private final String word;
  private final int bits;

  Protection(String word, int bits) {
    this.word = word;
    this.bits = bits;
  }

  public String word() {
    return word;
  }

  public int bits() {
    return bits;
  }
}
