// SPDX-License-Identifier: GPL-2.0-only
// Values of include/linux/mm_types.h.
package org.samepage.mm.vma;

/** Bit numbers of an mm's flags. */
public final class MmFlags {
  /** The mm is on ksmd's list. */
  public static final int MMF_VM_MERGEABLE = 16;

  /** It has a use of the shared huge page of zeros. */
  public static final int MMF_HUGE_ZERO_FOLIO = 18;

  /** Some of its pages may be pinned. */
  public static final int MMF_HAS_PINNED = 27;

  /** All its compatible mappings are mergeable: prctl(PR_SET_MEMORY_MERGE). */
  public static final int MMF_VM_MERGE_ANY = 30;

  private MmFlags() {}
}
