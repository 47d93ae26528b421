// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.Pud;
import org.samepage.mm.port.PortedFrom;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkAction;
import org.samepage.pagewalk.WalkCallback;

/** What the page walks do that put guard markers in and take them out. */
final class GuardWalkOps {
  private GuardWalkOps() {}

  /** Fills what is empty; ends with 1 at the first page that is in the way. */
  @PortedFrom("mm/madvise.c:guard_install_walk_ops")
  static final class Install extends MmWalkOps {
    Install() {
      super(
          PageWalkLock.PGWALK_RDLOCK,
          WalkCallback.PUD_ENTRY,
          WalkCallback.PMD_ENTRY,
          WalkCallback.PTE_ENTRY,
          WalkCallback.INSTALL_PTE);
    }

    @Override
    @PortedFrom("mm/madvise.c:guard_install_pud_entry")
    protected int pudEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      return Pud.pudTransHuge(table.getLockless(index)) ? 1 : 0;
    }

    @Override
    @PortedFrom("mm/madvise.c:guard_install_pmd_entry")
    protected int pmdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      return Pmd.pmdTransHuge(table.getLockless(index)) ? 1 : 0;
    }

    @Override
    @PortedFrom("mm/madvise.c:guard_install_pte_entry")
    protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      return PteMarker.isGuardPteMarker(table.get(index)) ? 0 : 1;
    }

    @Override
    @PortedFrom("mm/madvise.c:guard_install_set_pte")
    protected int installPte(long addr, long next, MmWalk walk) {
      walk.newPte = PteMarker.makePteMarker(PteMarker.GUARD);
      return 0;
    }
  }

  /** Empties what is a guard; a huge page holds none, and stays whole. */
  @PortedFrom("mm/madvise.c:guard_remove_walk_ops")
  static final class Remove extends MmWalkOps {
    Remove() {
      super(
          PageWalkLock.PGWALK_RDLOCK,
          WalkCallback.PUD_ENTRY,
          WalkCallback.PMD_ENTRY,
          WalkCallback.PTE_ENTRY);
    }

    @Override
    @PortedFrom("mm/madvise.c:guard_remove_pud_entry")
    protected int pudEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      if (Pud.pudTransHuge(table.getLockless(index))) {
        walk.action = WalkAction.ACTION_CONTINUE;
      }
      return 0;
    }

    @Override
    @PortedFrom("mm/madvise.c:guard_remove_pmd_entry")
    protected int pmdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      if (Pmd.pmdTransHuge(table.getLockless(index))) {
        walk.action = WalkAction.ACTION_CONTINUE;
      }
      return 0;
    }

    @Override
    @PortedFrom("mm/madvise.c:guard_remove_pte_entry")
    protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      if (PteMarker.isGuardPteMarker(table.get(index))) {
        table.set(index, 0);
      }
      return 0;
    }
  }
}
