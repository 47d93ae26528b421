// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/mm_inline.h.
package org.samepage.mm.memory;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/** Remembers protection for userfaultfd where a page of a file is unmapped and may come back. */
public final class UffdWpMarkers {
  private UffdWpMarkers() {}

  /**
   * Leaves a marker in the place of a word that was protected; anonymous memory needs none. Holds
   * the table's lock.
   *
   * @param pte what the entry was, which is none now
   */
  @PortedFrom({
    "include/linux/mm_inline.h:pte_install_uffd_wp_if_needed",
    "mm/memory.c:zap_install_uffd_wp_if_needed"
  })
  public static void pteInstallUffdWpIfNeeded(VmArea vma, PageTable table, int at, long pte) {
    if (vma.vmaIsAnonymous() || !vma.userfaultfdWp()) {
      return;
    }
    if (Pte.ptePresent(pte) ? Pte.pteUffdWp(pte) : pteSwpUffdWpAny(pte)) {
      table.set(at, PteMarker.makePteMarker(PteMarker.UFFD_WP));
    }
  }

  /** Whether a word that is not present is protected, by its flag or as a marker. */
  @PortedFrom("include/linux/swapops.h:pte_swp_uffd_wp_any")
  private static boolean pteSwpUffdWpAny(long pte) {
    return SwapEntry.isSwapPte(pte)
        && (SwapEntry.pteSwpUffdWp(pte) || PteMarker.pteMarkerUffdWp(pte));
  }
}
