// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Moves huge entries from one place of an address space to another. */
public final class MoveHugePmd {
  private MoveHugePmd() {}

  /**
   * Moves an entry. Holds mmap_lock for writing.
   *
   * @param keepUffdWp whether the userfaultfd of the VMA, if there is one, follows
   * @return false where there is something in the new place, or nothing huge in the old one
   */
  @PortedFrom(
      value = "mm/huge_memory.c:move_huge_pmd",
      fidelity = Fidelity.ADAPTED,
      differs = "an entry is a table and an index; the table below moves always")
  public static boolean moveHugePmd(
      PgTables tables,
      PteLayout ptes,
      PageTable from,
      int oldIndex,
      PageTable to,
      int newIndex,
      boolean keepUffdWp) {
    if (!Pmd.pmdNone(to.getLockless(newIndex))) {
      return false;
    }
    from.ptl.lock();
    if (!PgTables.isHuge(from.get(oldIndex))) {
      from.ptl.unlock();
      return false;
    }
    if (to != from) {
      to.ptl.lockNested();
    }
    long pmd = from.getAndClear(oldIndex);
    PageTable pgtable = tables.pgtableTransHugeWithdraw(from, oldIndex);
    tables.pgtableTransHugeDeposit(to, newIndex, pgtable);
    to.set(newIndex, moved(ptes, pmd, keepUffdWp));
    if (to != from) {
      to.ptl.unlock();
    }
    from.ptl.unlock();
    return true;
  }

  @PortedFrom(
      value = {"mm/huge_memory.c:move_soft_dirty_pmd", "mm/huge_memory.c:clear_uffd_wp_pmd"},
      part = true)
  private static long moved(PteLayout ptes, long pmd, boolean keepUffdWp) {
    boolean present = Pmd.pmdPresent(pmd);
    long moved = present ? ptes.pteMksoftDirty(pmd) : ptes.pteSwpMksoftDirty(pmd);
    if (keepUffdWp) {
      return moved;
    }
    return present ? Pmd.pmdClearUffdWp(moved) : SwapEntry.pteSwpClearUffdWp(moved);
  }
}
