// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/pgtable_64.h and include/linux/swapops.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/**
 * A word that is neither none nor present: a swap slot, a migration entry or a marker.
 *
 * <pre>
 *  63..59  58 .. 9               8..4  3          2        1          0
 *  type    offset, inverted      0     exclusive  uffd-wp  soft-dirty 0
 * </pre>
 */
public final class SwapEntry {
  private static final int TYPE_SHIFT = 59;
  private static final int OFFSET_SHIFT = 14;
  private static final int TYPE_BITS = 5;

  /** The type of PTE markers: the last one, whatever the configuration. */
  public static final int PTE_MARKER = 31;

  private SwapEntry() {}

  /** The word of a type and an offset, without flags. */
  @PortedFrom("arch/x86/include/asm/pgtable_64.h:__swp_entry")
  public static long swpEntryRaw(int type, long offset) {
    return (~offset << OFFSET_SHIFT >>> TYPE_BITS) | ((long) type << TYPE_SHIFT);
  }

  @PortedFrom("arch/x86/include/asm/pgtable_64.h:__swp_type")
  public static int swpTypeRaw(long word) {
    return (int) (word >>> TYPE_SHIFT);
  }

  @PortedFrom("arch/x86/include/asm/pgtable_64.h:__swp_offset")
  public static long swpOffsetRaw(long word) {
    return ~word << TYPE_BITS >>> OFFSET_SHIFT;
  }
}
