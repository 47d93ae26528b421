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

  private static final long UFFD_WP = Pte.USER;
  private static final long EXCLUSIVE = 1L << 3;

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

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_uffd_wp")
  public static boolean pteSwpUffdWp(long pte) {
    return (pte & UFFD_WP) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_mkuffd_wp")
  public static long pteSwpMkuffdWp(long pte) {
    return pte | UFFD_WP;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_clear_uffd_wp")
  public static long pteSwpClearUffdWp(long pte) {
    return pte & ~UFFD_WP;
  }

  /** Whether the page that was swapped out was exclusive to its process. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_exclusive")
  public static boolean pteSwpExclusive(long pte) {
    return (pte & EXCLUSIVE) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_mkexclusive")
  public static long pteSwpMkexclusive(long pte) {
    return pte | EXCLUSIVE;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_clear_exclusive")
  public static long pteSwpClearExclusive(long pte) {
    return pte & ~EXCLUSIVE;
  }
}
