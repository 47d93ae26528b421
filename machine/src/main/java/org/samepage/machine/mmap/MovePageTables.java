// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mremap.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/** Moves page-table entries from one place of an address space to another. */
public final class MovePageTables {
  /**
   * Holds mmap_lock for writing.
   *
   * @return how far it got before there was no memory for a page table [bytes]
   */
  @PortedFrom(
      value = {"mm/mremap.c:move_page_tables", "mm/mremap.c:move_ptes"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "entry by entry, never whole tables")
  long movePageTables(VmArea old, VmArea fresh, long oldAddr, long newAddr, long len) {
    long[] done = {len};
    old.vmMm.pgTables.forEachTable(
        oldAddr,
        oldAddr + len,
        (table, start, end) -> {
          for (long addr = start; addr < end && done[0] == len; addr += PAGE_SIZE) {
            if (!movePte(table, addr, fresh, newAddr + (addr - oldAddr))) {
              done[0] = addr - oldAddr;
            }
          }
        });
    return done[0];
  }

  private static boolean movePte(PageTable from, long oldAddr, VmArea fresh, long newAddr) {
    if (Pte.pteNone(from.getLockless(pteIndex(oldAddr)))) {
      return true;
    }
    PageTable to = fresh.vmMm.pgTables.pteAlloc(newAddr);
    if (to == null) {
      return false;
    }
    from.ptl.lock();
    long pte = from.getAndClear(pteIndex(oldAddr));
    from.ptl.unlock();
    // mmap_lock is held for writing, so nobody meets the page in neither place but by its rmap
    to.ptl.lock();
    to.set(pteIndex(newAddr), pte);
    to.ptl.unlock();
    return true;
  }
}
