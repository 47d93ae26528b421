// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/swapops.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/** Words that stand where no page is, and say why. */
public final class PteMarker {
  public static final long UFFD_WP = 1;
  public static final long POISONED = 1 << 1;
  public static final long GUARD = 1 << 2;

  private PteMarker() {}

  @PortedFrom("include/linux/swapops.h:make_pte_marker")
  public static long makePteMarker(long marker) {
    return SwapEntry.swpEntryRaw(SwapEntry.PTE_MARKER, marker);
  }

  /** Whether this word is a guard: who touches the page gets SIGSEGV. */
  @PortedFrom("mm/madvise.c:is_guard_pte_marker")
  public static boolean isGuardPteMarker(long pte) {
    return isPteMarker(pte) && (SwapEntry.swpOffsetRaw(pte) & GUARD) != 0;
  }

  /** Whether this word, which is neither none nor present, is a marker. */
  @PortedFrom("include/linux/swapops.h:is_pte_marker")
  public static boolean isPteMarker(long pte) {
    return pte != 0 && !Pte.ptePresent(pte) && SwapEntry.swpTypeRaw(pte) == SwapEntry.PTE_MARKER;
  }
}
