// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/pgtable_64.h and include/linux/swapops.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.Fidelity;
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

  private static final long SWP_UFFD_WP = 1L << 2;
  private static final long SWP_EXCLUSIVE = 1L << 3;

  /** All flags of a swap word: what lies below the offset. */
  private static final long FLAGS = 0x1ff;

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

  /** The type and the offset of a word without its flags. */
  @PortedFrom(
      value = "include/linux/swapops.h:pte_to_swp_entry",
      fidelity = Fidelity.ADAPTED,
      differs = "in the form that the processor's words have, not in the generic one")
  public static long pteToSwpEntry(long pte) {
    return pte & ~FLAGS;
  }

  /** Whether this is neither none nor present. */
  @PortedFrom("include/linux/swapops.h:is_swap_pte")
  public static boolean isSwapPte(long pte) {
    return !Pte.pteNone(pte) && !Pte.ptePresent(pte);
  }

  /** The same word with another offset. */
  @PortedFrom("mm/internal.h:pte_move_swp_offset")
  public static long pteMoveSwpOffset(long pte, long delta) {
    return swpEntryRaw(swpTypeRaw(pte), swpOffsetRaw(pte) + delta) | (pte & FLAGS);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_uffd_wp")
  public static boolean pteSwpUffdWp(long pte) {
    return (pte & SWP_UFFD_WP) != 0;
  }

  /** Whether this stands for a page that userfaultfd protects, or is a marker that does. */
  @PortedFrom("include/linux/userfaultfd_k.h:pte_swp_uffd_wp_any")
  public static boolean pteSwpUffdWpAny(long pte) {
    return isSwapPte(pte) && (pteSwpUffdWp(pte) || PteMarker.pteMarkerUffdWp(pte));
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_mkuffd_wp")
  public static long pteSwpMkuffdWp(long pte) {
    return pte | SWP_UFFD_WP;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_clear_uffd_wp")
  public static long pteSwpClearUffdWp(long pte) {
    return pte & ~SWP_UFFD_WP;
  }

  /** Whether the page that was swapped out was exclusive to its process. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_exclusive")
  public static boolean pteSwpExclusive(long pte) {
    return (pte & SWP_EXCLUSIVE) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_mkexclusive")
  public static long pteSwpMkexclusive(long pte) {
    return pte | SWP_EXCLUSIVE;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_clear_exclusive")
  public static long pteSwpClearExclusive(long pte) {
    return pte & ~SWP_EXCLUSIVE;
  }
}
