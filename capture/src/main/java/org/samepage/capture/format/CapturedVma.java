// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.util.Set;
import org.samepage.mm.units.PageUnits;

/**
 * A mapping of a process.
 *
 * @param start first byte
 * @param end first byte behind it
 * @param flags what it is like
 * @param pgoff where in its file it begins [pages]
 * @param name as in /proc/PID/maps: a file, {@code [heap]}, or empty
 */
public record CapturedVma(long start, long end, Set<VmaFlag> flags, long pgoff, String name) {
  private static final Set<VmaFlag> NEVER_MERGED =
      Set.of(
          VmaFlag.SHARED,
          VmaFlag.MAY_SHARE,
          VmaFlag.IO,
          VmaFlag.PFNMAP,
          VmaFlag.DONTEXPAND,
          VmaFlag.HUGETLB,
          VmaFlag.MIXEDMAP,
          VmaFlag.DROPPABLE);

  public CapturedVma {
    flags = Set.copyOf(flags);
  }

  public long pages() {
    return PageUnits.bytesToPages(end - start);
  }

  /** Whether KSM would take it: {@code vma_ksm_compatible}. */
  public boolean mayBeMerged() {
    return flags.stream().noneMatch(NEVER_MERGED::contains);
  }
}
