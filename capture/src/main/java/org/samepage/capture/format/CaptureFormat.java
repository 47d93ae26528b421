// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/** The numbers of the format. */
final class CaptureFormat {
  /** No text, no line ends, and each kind of transfer that changes those is found out. */
  static final byte[] MAGIC = {(byte) 0x89, 'K', 'S', 'M', '\r', '\n', 0x1a, '\n'};

  /** Files of a higher version are refused. */
  static final int VERSION = 1;

  static final int PAGE_SHIFT_STORED = 12;

  /** Type and length before a section, checksum behind it. */
  static final int SECTION_HEAD = 8;

  static final int SECTION_TAIL = 4;

  /** Bytes that a section holds at most. */
  static final int LARGEST_SECTION = 1 << 21;

  /** Bytes after which a writer begins another section of pages. */
  static final int FULL_ENOUGH = 1 << 16;

  static final int LONGEST_NAME = 4096;

  /** Low bits of a run's first number: its kind; then two flags. */
  static final int KIND_MASK = 0x7;

  static final int HUGE = 0x8;
  static final int SHARED = 0x10;
  static final int RUN_BITS = 0x1f;

  /** Types of sections: four letters, as a number whose lowest byte comes first. */
  static final int HEAD = type("HEAD");

  static final int SNAP = type("SNAP");
  static final int PROC = type("PROC");
  static final int VMA = type("VMA ");
  static final int PAGE = type("PAGE");
  static final int PEND = type("PEND");
  static final int TAIL = type("TAIL");

  private CaptureFormat() {}

  private static int type(String letters) {
    return letters.charAt(0)
        | letters.charAt(1) << 8
        | letters.charAt(2) << 16
        | letters.charAt(3) << 24;
  }

  /** The letters of a section's type, where they are letters. */
  static String letters(int type) {
    StringBuilder letters = new StringBuilder();
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      int letter = type >>> shift & 0xff;
      letters.append(letter >= ' ' && letter < 0x7f ? (char) letter : '?');
    }
    return letters.toString();
  }
}
