// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.task;

import org.samepage.mm.vma.Mm;
import org.samepage.pagewalk.PageWalk;

/** Lab 2: looks over an address space by one page walk. */
public interface Survey {
  /**
   * What the walk found.
   *
   * @param ret what the walk returned
   * @param present pages that are there, in mergeable VMAs
   * @param guards guard markers, in mergeable VMAs
   * @param holeBytes bytes of mergeable VMAs that no lowest table covers
   * @param last address of the last page counted; 0 where none was
   */
  record Result(int ret, long present, long guards, long holeBytes, long last) {}

  /**
   * Walks {@code [start, end)}; mmap_lock is held for reading.
   *
   * @param limit ends the walk, with 1, at the page that makes {@code present} reach it
   */
  Result survey(PageWalk pageWalk, Mm mm, long start, long end, long limit);
}
