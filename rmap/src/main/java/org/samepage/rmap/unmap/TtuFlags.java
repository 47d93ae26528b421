// SPDX-License-Identifier: GPL-2.0-only
// Values of include/linux/rmap.h.
package org.samepage.rmap.unmap;

import org.samepage.mm.port.PortedFrom;

/** How a folio is to be unmapped. */
@PortedFrom("include/linux/rmap.h:ttu_flags")
public final class TtuFlags {
  /** To the zero page with pages of a folio that was split, if they are full of zeros. */
  public static final int TTU_USE_SHARED_ZEROPAGE = 0x2;

  /** Split huge entries that are in the way. */
  public static final int TTU_SPLIT_HUGE_PMD = 0x4;

  /** Unmap it from VMAs that are locked in memory too. */
  public static final int TTU_IGNORE_MLOCK = 0x8;

  /** Miss no entry that is just being changed. */
  public static final int TTU_SYNC = 0x10;

  /** Poisoned pages get entries of their own; nothing here poisons any. */
  public static final int TTU_HWPOISON = 0x20;

  /** TLB flushes may wait; there are none here. */
  public static final int TTU_BATCH_FLUSH = 0x40;

  /** The caller holds the lock of the anon_vma or file. */
  public static final int TTU_RMAP_LOCKED = 0x80;

  private TtuFlags() {}
}
