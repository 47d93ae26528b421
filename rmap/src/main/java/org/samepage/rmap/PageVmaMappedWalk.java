// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/page_vma_mapped.c.
package org.samepage.rmap;

import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * Finds the entry that maps a folio at an address of a VMA, and holds the table's lock there.
 *
 * <p>Reusable; not for two threads.
 */
@PortedFrom(
    value = "include/linux/rmap.h:page_vma_mapped_walk",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "folios of order 0, present entries alone")
public final class PageVmaMappedWalk {
  private @Nullable PageTable table;
  private int index;

  /**
   * Looks for the entry.
   *
   * @return whether it is there; then the table's lock is held until {@link #pageVmaMappedWalkDone}
   */
  @PortedFrom(
      value = {
        "mm/page_vma_mapped.c:page_vma_mapped_walk",
        "mm/page_vma_mapped.c:map_pte",
        "mm/page_vma_mapped.c:check_pte"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one entry at most, so it is called once; the test of the pfn is under the lock")
  public boolean pageVmaMappedWalk(VmArea vma, long addr, int folio) {
    PageTable found = vma.vmMm.pgTables.pteTable(addr);
    if (found == null || !Pte.ptePresent(found.getLockless(pteIndex(addr)))) {
      return false;
    }
    found.ptl.lock();
    long pte = found.get(pteIndex(addr));
    if (!Pte.ptePresent(pte) || Pte.ptePfn(pte) != folio) {
      found.ptl.unlock();
      return false;
    }
    table = found;
    index = pteIndex(addr);
    return true;
  }

  /** The table that the entry is in. */
  public PageTable table() {
    return Objects.requireNonNull(table, "nothing was found");
  }

  /** Where in the table the entry is. */
  public int index() {
    return index;
  }

  @PortedFrom("include/linux/rmap.h:page_vma_mapped_walk_done")
  public void pageVmaMappedWalkDone() {
    PageTable held = table();
    table = null;
    held.ptl.unlock();
  }
}
