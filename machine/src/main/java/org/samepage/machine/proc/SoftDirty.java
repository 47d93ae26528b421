// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.vma.VmFlags.VM_SOFTDIRTY;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Which pages were written since somebody asked, as /proc/PID tells it and forgets it. */
public final class SoftDirty {
  private SoftDirty() {}

  /**
   * Bit 55 of an entry of /proc/PID/pagemap: whether the page, or all of its mapping, has not been
   * cleared since it was written or made.
   *
   * @param word of the page table; 0 for a page that is not there
   */
  @PortedFrom(
      value = {
        "fs/proc/task_mmu.c:PM_SOFT_DIRTY",
        "fs/proc/task_mmu.c:pte_to_pagemap_entry",
        "fs/proc/task_mmu.c:pagemap_pte_hole"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "that bit alone")
  public static boolean pmSoftDirty(VmArea vma, long word) {
    PteLayout ptes = vma.vmMm.ptes;
    return vma.has(VM_SOFTDIRTY)
        || (Pte.ptePresent(word) ? ptes.pteSoftDirty(word) : ptes.pteSwpSoftDirty(word));
  }

  /**
   * Writing 4: no page is soft-dirty any more, and the next write to each faults and makes it so.
   * Nothing changes where writes are not tracked. Takes mmap_lock for writing.
   */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:clear_refs_write",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "CLEAR_REFS_SOFT_DIRTY alone")
  public static void clearRefsWrite(Mm mm) {
    mm.mmapLock.writeLock();
    try {
      for (int i = 0; i < mm.vmas.size(); i++) {
        VmArea vma = mm.vmas.get(i);
        if (vma.has(VM_SOFTDIRTY)) {
          vma.vmFlags &= ~VM_SOFTDIRTY;
          vma.vmaSetPageProt();
        }
      }
      if (mm.ptes.pgtableSupportsSoftDirty()) {
        mm.pgTables.forEachTable(
            0,
            TASK_SIZE,
            (table, index, from, to) -> clearSoftDirtyPmd(mm.ptes, table, index),
            (table, from, to) -> clear(mm, table, from, to));
      }
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  @PortedFrom("fs/proc/task_mmu.c:clear_soft_dirty_pmd")
  private static boolean clearSoftDirtyPmd(PteLayout ptes, PageTable table, int index) {
    table.ptl.lock();
    try {
      long pmd = table.get(index);
      if (!PgTables.isHuge(pmd)) {
        return false;
      }
      table.set(
          index,
          Pmd.pmdPresent(pmd)
              ? ptes.pteClearSoftDirty(Pmd.pmdWrprotect(pmd))
              : ptes.pteSwpClearSoftDirty(pmd));
      return true;
    } finally {
      table.ptl.unlock();
    }
  }

  private static void clear(Mm mm, PageTable table, long start, long end) {
    table.ptl.lock();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      clearSoftDirty(mm.ptes, table, pteIndex(addr));
    }
    table.ptl.unlock();
  }

  /** Write-protects the page too: that is how the next write is noticed. */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:clear_soft_dirty",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "nobody has pages pinned")
  private static void clearSoftDirty(PteLayout ptes, PageTable table, int at) {
    long pte = table.get(at);
    if (Pte.pteNone(pte)) {
      return;
    }
    if (Pte.ptePresent(pte)) {
      table.set(at, ptes.pteClearSoftDirty(Pte.pteWrprotect(table.getAndClear(at))));
    } else {
      table.set(at, ptes.pteSwpClearSoftDirty(pte));
    }
  }
}
