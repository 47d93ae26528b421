// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mremap.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.machine.thp.MoveHugePmd;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.FileVmas;
import org.samepage.rmap.huge.SplitHugePmd;

/** Moves page-table entries from one place of an address space to another. */
public final class MovePageTables {
  private final SplitHugePmd splitHugePmd;

  public MovePageTables(SplitHugePmd splitHugePmd) {
    this.splitHugePmd = splitHugePmd;
  }

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
      differs = "entry by entry, never whole tables; a huge entry as a whole")
  long movePageTables(
      VmArea old, VmArea fresh, long oldAddr, long newAddr, long len, boolean needRmapLocks) {
    long[] done = {len};
    old.vmMm.pgTables.forEachTable(
        oldAddr,
        oldAddr + len,
        (table, index, start, end) -> {
          long to = newAddr + (start - oldAddr);
          boolean whole = end - start == PMD_SIZE && (to & (PMD_SIZE - 1)) == 0;
          if (whole && done[0] == len) {
            PageTable into = fresh.vmMm.pgTables.pmdAlloc(to);
            if (into == null) {
              done[0] = start - oldAddr;
              return true;
            }
            if (movePgtEntry(old, table, index, into, pmdIndex(to), needRmapLocks)) {
              return true;
            }
          }
          splitHugePmd.splitHugePmdRaw(old, table, index, start);
          return false;
        },
        (table, start, end) -> {
          if (needRmapLocks) {
            takeRmapLocks(old);
          }
          for (long addr = start; addr < end && done[0] == len; addr += PAGE_SIZE) {
            if (!movePte(old, table, addr, fresh, newAddr + (addr - oldAddr))) {
              done[0] = addr - oldAddr;
            }
          }
          if (needRmapLocks) {
            dropRmapLocks(old);
          }
        });
    return done[0];
  }

  @PortedFrom(
      value = "mm/mremap.c:move_pgt_entry",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "HPAGE_PMD")
  private static boolean movePgtEntry(
      VmArea old, PageTable from, int oldIndex, PageTable to, int newIndex, boolean needRmapLocks) {
    if (needRmapLocks) {
      takeRmapLocks(old);
    }
    boolean moved =
        MoveHugePmd.moveHugePmd(
            old.vmMm.pgTables,
            old.vmMm.ptes,
            from,
            oldIndex,
            to,
            newIndex,
            !vmaHasUffdWithoutEventRemap(old));
    if (needRmapLocks) {
      dropRmapLocks(old);
    }
    return moved;
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
  private static boolean movePte(
      VmArea old, PageTable from, long oldAddr, VmArea fresh, long newAddr) {
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
    to.set(pteIndex(newAddr), moved(old, from.getAndClear(pteIndex(oldAddr))));
    if (to != from) {
      to.ptl.unlock();
    }
    from.ptl.unlock();
    return true;
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
