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

  /** Whether this word says that the page which is not there is protected for userfaultfd. */
  @PortedFrom("include/linux/swapops.h:pte_marker_uffd_wp")
  public static boolean pteMarkerUffdWp(long pte) {
    return isPteMarker(pte) && (pteMarkerGet(pte) & UFFD_WP) != 0;
  }

  /** What a marker says: bits of this class. */
  @PortedFrom("include/linux/swapops.h:pte_marker_get")
  public static long pteMarkerGet(long marker) {
    return SwapEntry.swpOffsetRaw(marker) & (UFFD_WP | POISONED | GUARD);
  }

  /** Whether this word, which is neither none nor present, is a marker. */
  @PortedFrom("include/linux/swapops.h:is_pte_marker")
  public static boolean isPteMarker(long pte) {
    return pte != 0 && !Pte.ptePresent(pte) && SwapEntry.swpTypeRaw(pte) == SwapEntry.PTE_MARKER;
  }
}
