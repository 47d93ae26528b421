// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mremap.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Objects;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;

/** Moves page-table entries from one place of an address space to another. */
public final class MovePageTables {
  /** Holds mmap_lock for writing. */
  @PortedFrom(
      value = {"mm/mremap.c:move_page_tables", "mm/mremap.c:move_ptes"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "entry by entry, never whole tables")
  void movePageTables(VmArea old, VmArea fresh, long oldAddr, long newAddr, long len) {
    old.vmMm.pgTables.forEachTable(
        oldAddr,
        oldAddr + len,
        (table, start, end) -> {
          for (long addr = start; addr < end; addr += PAGE_SIZE) {
            movePte(old, table, addr, fresh, newAddr + (addr - oldAddr));
          }
        });
  }

  private static void movePte(
      VmArea old, PageTable from, long oldAddr, VmArea fresh, long newAddr) {
    if (Pte.pteNone(from.getLockless(pteIndex(oldAddr)))) {
      return;
    }
    PageTable to = Objects.requireNonNull(fresh.vmMm.pgTables.pteAlloc(newAddr), "no memory");
    from.ptl.lock();
    long pte = from.getAndClear(pteIndex(oldAddr));
    from.ptl.unlock();
    // mmap_lock is held for writing, so nobody meets the page in neither place but by its rmap
    to.ptl.lock();
    to.set(pteIndex(newAddr), moved(old, pte));
    to.ptl.unlock();
  }

  /** What an entry becomes elsewhere: soft-dirty, and of no userfaultfd that does not follow. */
  private static long moved(VmArea old, long pte) {
    long moved = old.vmMm.ptes.moveSoftDirtyPte(pte);
    if (!vmaHasUffdWithoutEventRemap(old)) {
      return moved;
    }
    if (PteMarker.pteMarkerUffdWp(moved)) {
      return 0;
    }
    return Pte.ptePresent(moved) ? Pte.pteClearUffdWp(moved) : SwapEntry.pteSwpClearUffdWp(moved);
  }

  @PortedFrom("include/linux/userfaultfd_k.h:vma_has_uffd_without_event_remap")
  private static boolean vmaHasUffdWithoutEventRemap(VmArea vma) {
    UserfaultfdCtx ctx = vma.vmUserfaultfdCtx;
    return ctx != null && !ctx.has(UserfaultfdCtx.UFFD_FEATURE_EVENT_REMAP);
  }
}
