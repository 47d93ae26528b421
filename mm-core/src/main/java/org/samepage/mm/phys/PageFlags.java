// SPDX-License-Identifier: GPL-2.0-only
// Bit numbers of include/linux/page-flags.h as the reference kernel has them.
package org.samepage.mm.phys;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The bits of a frame's flags word; the two highest are {@link Frames#mappingTag}. */
@PortedFrom(
    value = "include/linux/page-flags.h:pageflags",
    fidelity = Fidelity.SIMPLIFIED,
    differs =
        "only the bits that the port sets; PG_TABLE stands for a page type, PG_ISOLATED for a"
            + " PG_lru that is clear, PG_TAIL for compound_head")
public final class PageFlags {
  public static final int PG_LOCKED = 1;
  public static final int PG_REFERENCED = 1 << 2;
  public static final int PG_UPTODATE = 1 << 3;
  public static final int PG_DIRTY = 1 << 4;
  public static final int PG_HEAD = 1 << 6;
  public static final int PG_ACTIVE = 1 << 8;
  public static final int PG_SWAPCACHE = 1 << 10;
  public static final int PG_ANON_EXCLUSIVE = 1 << 11;
  public static final int PG_RESERVED = 1 << 13;
  public static final int PG_SWAPBACKED = 1 << 17;
  public static final int PG_UNEVICTABLE = 1 << 18;
  public static final int PG_MLOCKED = 1 << 20;

  /**
   * Somebody has taken the folio aside to move it or to swap it out: the kernel's PG_lru, clear.
   */
  public static final int PG_ISOLATED = 1 << 26;

  /** Of a large folio, in its second page: some of its pages are mapped and some are not. */
  public static final int PG_PARTIALLY_MAPPED = 1 << 16;

  /** The frame is a page of a large folio but not its first: the kernel's compound_head tag. */
  public static final int PG_TAIL = 1 << 28;

  /** The frame holds a page table. */
  public static final int PG_TABLE = 1 << 27;

  /** What each page of a large folio takes over when that is split. */
  static final int KEPT_BY_SPLIT =
      PG_LOCKED
          | PG_REFERENCED
          | PG_UPTODATE
          | PG_DIRTY
          | PG_ACTIVE
          | PG_SWAPBACKED
          | PG_UNEVICTABLE
          | PG_MLOCKED;

  private PageFlags() {}
}
