// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/{swap,swapops}.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * The types of entries that are neither none nor present: swap files first, then what the kernel
 * was built with, markers last.
 *
 * <pre>
 *   0 .. maxSwapfiles - 1                       swap files
 *   hwpoison                                    with memory failure
 *   migrationRead, +1 exclusive, +2 write
 *   deviceWrite, +1 read, +2 exclusive          with device memory
 *   31                                          markers
 * </pre>
 *
 * <p>Questions may be asked of any word of a page table, where not said otherwise.
 *
 * <p>Where an entry stands for a page, its offset holds the pfn and, above it, what migration keeps
 * of the accessed and dirty bits. Making an entry from another drops the flags below its offset;
 * the caller carries them over.
 */
public final class SwapTypes {
  /** Of the reference kernel. */
  public static final SwapTypes REFERENCE = new SwapTypes(KernelOptions.REFERENCE);

  /** A type that no entry has: of what this kernel was built without. */
  public static final int NONE = -1;

  private static final int MAX_SWAPFILES_SHIFT = 5;
  private static final int SWP_MIGRATION_NUM = 3;
  private static final int SWP_DEVICE_NUM = 3;
  private static final int SWP_PTE_MARKER_NUM = 1;
  private static final int MAX_PHYSMEM_BITS = 46;
  private static final int MAX_PHYSMEM_BITS_LA57 = 52;
  private static final int PAGE_SHIFT = 12;

  /** How many swap files there may be: MAX_SWAPFILES. */
  public final int maxSwapfiles;

  /** SWP_HWPOISON, or {@link #NONE}. */
  public final int hwpoison;

  /** SWP_MIGRATION_READ; the exclusive and the writable type follow. */
  public final int migrationRead;

  /** SWP_DEVICE_WRITE, or {@link #NONE}; the readable and the exclusive type follow. */
  public final int deviceWrite;

  /** Bits of an offset that hold the pfn: SWP_PFN_BITS. */
  public final int pfnBits;

  private final long young;
  private final long dirty;

  public SwapTypes(KernelOptions options) {
    int poison = options.memoryFailure() ? 1 : 0;
    int device = options.devicePrivate() ? SWP_DEVICE_NUM : 0;
    this.maxSwapfiles =
        (1 << MAX_SWAPFILES_SHIFT) - device - SWP_MIGRATION_NUM - poison - SWP_PTE_MARKER_NUM;
    this.hwpoison = options.memoryFailure() ? maxSwapfiles : NONE;
    this.migrationRead = maxSwapfiles + poison;
    this.deviceWrite = options.devicePrivate() ? migrationRead + SWP_MIGRATION_NUM : NONE;
    this.pfnBits = (options.la57() ? MAX_PHYSMEM_BITS_LA57 : MAX_PHYSMEM_BITS) - PAGE_SHIFT;
    this.young = 1L << pfnBits;
    this.dirty = 1L << (pfnBits + 1);
  }

  /** Whether an entry, which is neither none nor present, is anything but a slot of a swap file. */
  @PortedFrom("include/linux/swapops.h:non_swap_entry")
  public boolean nonSwapEntry(long entry) {
    return SwapEntry.swpTypeRaw(entry) >= maxSwapfiles;
  }

  /** Whether this word stands for a page on a swap device. */
  public boolean isSwapSlot(long pte) {
    return SwapEntry.isSwapPte(pte) && !nonSwapEntry(pte);
  }

  @PortedFrom("include/linux/swapops.h:make_readable_migration_entry")
  public long makeReadableMigrationEntry(long offset) {
    return SwapEntry.swpEntryRaw(migrationRead, offset);
  }

  /** Of an anonymous page that was exclusive. */
  @PortedFrom("include/linux/swapops.h:make_readable_exclusive_migration_entry")
  public long makeReadableExclusiveMigrationEntry(long offset) {
    return SwapEntry.swpEntryRaw(migrationRead + 1, offset);
  }

  @PortedFrom("include/linux/swapops.h:make_writable_migration_entry")
  public long makeWritableMigrationEntry(long offset) {
    return SwapEntry.swpEntryRaw(migrationRead + 2, offset);
  }

  @PortedFrom("include/linux/swapops.h:is_migration_entry")
  public boolean isMigrationEntry(long pte) {
    int kind = SwapEntry.swpTypeRaw(pte) - migrationRead;
    return kind >= 0 && kind < SWP_MIGRATION_NUM && SwapEntry.isSwapPte(pte);
  }

  @PortedFrom("include/linux/swapops.h:is_readable_migration_entry")
  public boolean isReadableMigrationEntry(long pte) {
    return is(pte, migrationRead);
  }

  @PortedFrom("include/linux/swapops.h:is_readable_exclusive_migration_entry")
  public boolean isReadableExclusiveMigrationEntry(long pte) {
    return is(pte, migrationRead + 1);
  }

  @PortedFrom("include/linux/swapops.h:is_writable_migration_entry")
  public boolean isWritableMigrationEntry(long pte) {
    return is(pte, migrationRead + 2);
  }

  private static boolean is(long pte, int type) {
    return SwapEntry.swpTypeRaw(pte) == type && SwapEntry.isSwapPte(pte);
  }

  @PortedFrom("include/linux/swapops.h:make_migration_entry_young")
  public long makeMigrationEntryYoung(long entry) {
    return with(entry, young);
  }

  @PortedFrom(
      value = "include/linux/swapops.h:is_migration_entry_young",
      fidelity = Fidelity.ADAPTED,
      differs = "the offset of x86 always has room for the bit")
  public boolean isMigrationEntryYoung(long entry) {
    return (SwapEntry.swpOffsetRaw(entry) & young) != 0;
  }

  @PortedFrom("include/linux/swapops.h:make_migration_entry_dirty")
  public long makeMigrationEntryDirty(long entry) {
    return with(entry, dirty);
  }

  @PortedFrom(
      value = "include/linux/swapops.h:is_migration_entry_dirty",
      fidelity = Fidelity.ADAPTED,
      differs = "the offset of x86 always has room for the bit")
  public boolean isMigrationEntryDirty(long entry) {
    return (SwapEntry.swpOffsetRaw(entry) & dirty) != 0;
  }

  private static long with(long entry, long bit) {
    return SwapEntry.swpEntryRaw(SwapEntry.swpTypeRaw(entry), SwapEntry.swpOffsetRaw(entry) | bit);
  }

  /** Whether an entry stands where a page was that broke. */
  @PortedFrom("include/linux/swapops.h:is_hwpoison_entry")
  public boolean isHwpoisonEntry(long pte) {
    return is(pte, hwpoison);
  }

  /**
   * The entry that stands for a broken page.
   *
   * @throws IllegalStateException on a kernel without memory failure
   */
  @PortedFrom("include/linux/swapops.h:make_hwpoison_entry")
  public long makeHwpoisonEntry(long pfn) {
    if (hwpoison == NONE) {
      throw new IllegalStateException("this kernel has no entries for broken pages");
    }
    return SwapEntry.swpEntryRaw(hwpoison, pfn);
  }

  /** Whether an entry stands for a page that is in a device's memory. */
  @PortedFrom("include/linux/swapops.h:is_device_private_entry")
  public boolean isDevicePrivateEntry(long pte) {
    return deviceWrite != NONE && (is(pte, deviceWrite) || is(pte, deviceWrite + 1));
  }

  /** Whether the offset of an entry, which is neither none nor present, holds a pfn. */
  @PortedFrom("include/linux/swapops.h:is_pfn_swap_entry")
  public boolean isPfnSwapEntry(long entry) {
    int type = SwapEntry.swpTypeRaw(entry);
    return type >= maxSwapfiles && type != SwapEntry.PTE_MARKER;
  }

  /** The pfn in an entry that has one. */
  @PortedFrom("include/linux/swapops.h:swp_offset_pfn")
  public long swpOffsetPfn(long entry) {
    return SwapEntry.swpOffsetRaw(entry) & (young - 1);
  }
}
