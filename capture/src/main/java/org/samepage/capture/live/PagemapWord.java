// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

/** Words of /proc/PID/pagemap, and of /proc/kpageflags. */
final class PagemapWord {
  private static final long PFN = (1L << 55) - 1;
  private static final long EXCLUSIVE = 1L << 56;
  private static final long FILE = 1L << 61;
  private static final long SWAPPED = 1L << 62;
  private static final long PRESENT = 1L << 63;

  private static final long KPF_KSM = 1L << 21;
  private static final long KPF_THP = 1L << 22;
  private static final long KPF_ZERO_PAGE = 1L << 24;

  private PagemapWord() {}

  static boolean isPresent(long word) {
    return (word & PRESENT) != 0;
  }

  static boolean isSwapped(long word) {
    return (word & SWAPPED) != 0;
  }

  /** A page of a file, or of shared memory. */
  static boolean isFile(long word) {
    return (word & FILE) != 0;
  }

  /** Mapped here and nowhere else. */
  static boolean isExclusive(long word) {
    return (word & EXCLUSIVE) != 0;
  }

  /** The frame; 0 for those who may not know it. */
  static long pfn(long word) {
    return word & PFN;
  }

  static boolean isZeroPage(long flags) {
    return (flags & KPF_ZERO_PAGE) != 0;
  }

  static boolean isMerged(long flags) {
    return (flags & KPF_KSM) != 0;
  }

  static boolean isHuge(long flags) {
    return (flags & KPF_THP) != 0;
  }
}
