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
import org.samepage.rmap.FileVmas;

/** Moves page-table entries from one place of an address space to another. */
public final class MovePageTables {
  /**
   * Holds mmap_lock for writing.
   *
   * @param needRmapLocks keep walks over the mappings of a page out meanwhile: they might look at
   *     the new place before it has the page, and at the old one after it had
   * @return how far it got before there was no memory for a page table [bytes]
   */
  @PortedFrom(
      value = {"mm/mremap.c:move_page_tables", "mm/mremap.c:move_ptes"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "entry by entry, never whole tables")
  long movePageTables(
      VmArea old, VmArea fresh, long oldAddr, long newAddr, long len, boolean needRmapLocks) {
    long[] done = {len};
    old.vmMm.pgTables.forEachTable(
        oldAddr,
        oldAddr + len,
        (table, start, end) -> {
          if (needRmapLocks) {
            takeRmapLocks(old);
          }
          for (long addr = start; addr < end && done[0] == len; addr += PAGE_SIZE) {
            if (!movePte(table, addr, fresh, newAddr + (addr - oldAddr))) {
              done[0] = addr - oldAddr;
            }
          }
          if (needRmapLocks) {
            dropRmapLocks(old);
          }
        });
    return done[0];
  }

  @PortedFrom("mm/mremap.c:take_rmap_locks")
  private static void takeRmapLocks(VmArea vma) {
    FileVmas.iMmapLockWrite(vma);
    if (vma.anonVma != null) {
      vma.anonVma.root.rwsem.writeLock();
    }
  }

  @PortedFrom("mm/mremap.c:drop_rmap_locks")
  private static void dropRmapLocks(VmArea vma) {
    if (vma.anonVma != null) {
      vma.anonVma.root.rwsem.writeUnlock();
    }
    FileVmas.iMmapUnlockWrite(vma);
  }

  /** Whatever the word is: a page's, a slot's, a migration entry, a marker. */
  private static boolean movePte(PageTable from, long oldAddr, VmArea fresh, long newAddr) {
    if (Pte.pteNone(from.getLockless(pteIndex(oldAddr)))) {
      return true;
    }
    PageTable to = fresh.vmMm.pgTables.pteAlloc(newAddr);
    if (to == null) {
      return false;
    }
    from.ptl.lock();
    if (to != from) {
      to.ptl.lockNested();
    }
    to.set(pteIndex(newAddr), from.getAndClear(pteIndex(oldAddr)));
    if (to != from) {
      to.ptl.unlock();
    }
    from.ptl.unlock();
    return true;
  }
}
