// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/{swap,swapops}.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/**
 * What the types of words mean that are neither none nor present, on a kernel with one
 * configuration: swap devices first, then the three kinds of migration entries; markers last.
 *
 * <pre>
 *   offset of a migration entry   35     34     33 .. 0
 *                                 dirty  young  pfn
 * </pre>
 *
 * @param maxSwapfiles types below are swap devices
 * @param migrationRead the first of the three types READ, READ_EXCLUSIVE, WRITE
 */
public record SwapTypes(int maxSwapfiles, int migrationRead) {
  /** Neither device-private memory nor memory failure: as the reference kernel is built. */
  public static final SwapTypes REFERENCE = new SwapTypes(28, 28);

  private static final int SWP_PFN_BITS = 34;
  private static final long PFN_MASK = (1L << SWP_PFN_BITS) - 1;
  private static final long YOUNG = 1L << SWP_PFN_BITS;
  private static final long DIRTY = 1L << (SWP_PFN_BITS + 1);

  /** Whether an entry is of another kind than a page on a swap device. */
  @PortedFrom("include/linux/swapops.h:non_swap_entry")
  public boolean nonSwapEntry(long entry) {
    return SwapEntry.swpTypeRaw(entry) >= maxSwapfiles;
  }

  /** Whether this word stands for a page on a swap device. */
  public boolean isSwapSlot(long pte) {
    return SwapEntry.isSwapPte(pte) && !nonSwapEntry(pte);
  }

  @PortedFrom("include/linux/swapops.h:is_migration_entry")
  public boolean isMigrationEntry(long pte) {
    int type = SwapEntry.swpTypeRaw(pte);
    return type >= migrationRead && type <= migrationRead + 2 && SwapEntry.isSwapPte(pte);
  }

  @PortedFrom("include/linux/swapops.h:is_writable_migration_entry")
  public boolean isWritableMigrationEntry(long pte) {
    return is(pte, 2);
  }

  @PortedFrom("include/linux/swapops.h:is_readable_migration_entry")
  public boolean isReadableMigrationEntry(long pte) {
    return is(pte, 0);
  }

  @PortedFrom("include/linux/swapops.h:is_readable_exclusive_migration_entry")
  public boolean isReadableExclusiveMigrationEntry(long pte) {
    return is(pte, 1);
  }

  private boolean is(long pte, int kind) {
    return SwapEntry.swpTypeRaw(pte) == migrationRead + kind && SwapEntry.isSwapPte(pte);
  }

  /** The entry of a page that could be written. The offset is a pfn, perhaps with its marks. */
  @PortedFrom("include/linux/swapops.h:make_writable_migration_entry")
  public long makeWritableMigrationEntry(long offset) {
    return SwapEntry.swpEntryRaw(migrationRead + 2, offset);
  }

  @PortedFrom("include/linux/swapops.h:make_readable_migration_entry")
  public long makeReadableMigrationEntry(long offset) {
    return SwapEntry.swpEntryRaw(migrationRead, offset);
  }

  @PortedFrom("include/linux/swapops.h:make_readable_exclusive_migration_entry")
  public long makeReadableExclusiveMigrationEntry(long offset) {
    return SwapEntry.swpEntryRaw(migrationRead + 1, offset);
  }

  @PortedFrom("include/linux/swapops.h:make_migration_entry_young")
  public static long makeMigrationEntryYoung(long entry) {
    return withMark(entry, YOUNG);
  }

  @PortedFrom("include/linux/swapops.h:make_migration_entry_dirty")
  public static long makeMigrationEntryDirty(long entry) {
    return withMark(entry, DIRTY);
  }

  private static long withMark(long entry, long mark) {
    return SwapEntry.swpEntryRaw(SwapEntry.swpTypeRaw(entry), SwapEntry.swpOffsetRaw(entry) | mark);
  }

  @PortedFrom("include/linux/swapops.h:is_migration_entry_young")
  public static boolean isMigrationEntryYoung(long entry) {
    return (SwapEntry.swpOffsetRaw(entry) & YOUNG) != 0;
  }

  @PortedFrom("include/linux/swapops.h:is_migration_entry_dirty")
  public static boolean isMigrationEntryDirty(long entry) {
    return (SwapEntry.swpOffsetRaw(entry) & DIRTY) != 0;
  }

  /** The frame that a migration entry stands for. */
  @PortedFrom("include/linux/swapops.h:swp_offset_pfn")
  public static long swpOffsetPfn(long entry) {
    return SwapEntry.swpOffsetRaw(entry) & PFN_MASK;
  }
}
