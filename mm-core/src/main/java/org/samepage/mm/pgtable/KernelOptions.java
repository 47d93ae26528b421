// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

/**
 * The kernel's build options that move bits of page-table words.
 *
 * @param softDirty CONFIG_MEM_SOFT_DIRTY: writes are tracked by bit 11, bit 1 in swap entries
 * @param memoryFailure CONFIG_MEMORY_FAILURE: one swap type for broken pages
 * @param devicePrivate CONFIG_DEVICE_PRIVATE: three swap types for memory of devices
 * @param la57 physical addresses of 52 bits instead of 46, as machines with five levels have; the
 *     tables of the port have four all the same
 */
public record KernelOptions(
    boolean softDirty, boolean memoryFailure, boolean devicePrivate, boolean la57) {
  /** All off: the reference kernel. */
  public static final KernelOptions REFERENCE = new KernelOptions(false, false, false, false);
}
