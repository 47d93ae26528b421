// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mlock.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.vma.VmFlags.VM_IO;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;

import java.util.Objects;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkAction;
import org.samepage.pagewalk.WalkCallback;
import org.samepage.rmap.MlockedFolios;

/** Locks the pages in memory, or lets go of those, that a VMA has when it is locked or unlocked. */
public final class MlockPages {
  private final Folios folios;
  private final NormalPage normalPage;
  private final PageWalk pageWalk;
  private final PartOfLarge partOfLarge;
  private final MlockedFolios mlocked;

  public MlockPages(
      Folios folios, NormalPage normalPage, PageWalk pageWalk, PartOfLarge partOfLarge) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.pageWalk = pageWalk;
    this.partOfLarge = partOfLarge;
    this.mlocked = new MlockedFolios(folios);
  }

  /**
   * Gives a VMA its new flags, and does what they mean to the pages that are there. Holds mmap_lock
   * for writing.
   */
  @PortedFrom("mm/mlock.c:mlock_vma_pages_range")
  void mlockVmaPagesRange(VmArea vma, long start, long end, long newflags) {
    // meanwhile whoever maps a page of it again must leave it to us: it is special
    vma.vmFlagsReset(newflags | ((newflags & VM_LOCKED) != 0 ? VM_IO : 0));
    var _ = pageWalk.walkPageRange(vma.vmMm, start, end, new MmWalk(new Ops(start, end)));
    vma.vmFlagsReset(newflags);
  }

  private final class Ops extends MmWalkOps {
    private final long rangeStart;
    private final long rangeEnd;

    Ops(long start, long end) {
      super(PageWalkLock.PGWALK_WRLOCK_VERIFY, WalkCallback.PMD_ENTRY);
      this.rangeStart = start;
      this.rangeEnd = end;
    }

    @Override
    @PortedFrom("mm/mlock.c:mlock_pte_range")
    protected int pmdEntry(PageTable table, int index, long start, long end, MmWalk walk) {
      VmArea vma = Objects.requireNonNull(walk.vma());
      if (PgTables.isHuge(table.getLockless(index)) && huge(vma, table, index)) {
        return 0;
      }
      PageTable ptes = PgTables.pteOffsetMapLock(table, index);
      if (ptes == null) {
        walk.action = WalkAction.ACTION_AGAIN;
        return 0;
      }
      int step;
      for (long addr = start; addr < end; addr += step * PAGE_SIZE) {
        step = entry(vma, ptes, addr, end);
      }
      ptes.ptl.unlock();
      return 0;
    }

    /** A huge entry, which may be on its way elsewhere; false where there is a table by now. */
    @PortedFrom(value = "mm/mlock.c:mlock_pte_range", part = true)
    private boolean huge(VmArea vma, PageTable table, int index) {
      table.ptl.lock();
      long pmd = table.get(index);
      if (Pmd.pmdTransHuge(pmd)) {
        int folio = normalPage.vmNormalPagePmd(vma, vma.vmStart, pmd);
        if (folio != Frames.NO_PAGE) {
          lockOrUnlock(vma, folio);
        }
      }
      table.ptl.unlock();
      return PgTables.isHuge(pmd);
    }

    /** Returns how many entries were one folio's. */
    @PortedFrom(value = "mm/mlock.c:mlock_pte_range", part = true)
    private int entry(VmArea vma, PageTable ptes, long addr, long end) {
      long pte = ptes.get(pteIndex(addr));
      int page = Pte.ptePresent(pte) ? normalPage.vmNormalPage(vma, addr, pte) : Frames.NO_PAGE;
      if (page == Frames.NO_PAGE) {
        return 1;
      }
      int folio = folios.pageFolio(page);
      int step = folioMlockStep(folio, page, ptes, addr, end);
      if (allowMlockMunlock(folio, page, vma, addr, step)) {
        lockOrUnlock(vma, folio);
      }
      return step;
    }

    @PortedFrom("mm/mlock.c:folio_mlock_step")
    private int folioMlockStep(int folio, int page, PageTable ptes, long addr, long end) {
      return folios.folioTestLarge(folio) ? partOfLarge.folioPteBatch(page, ptes, addr, end) : 1;
    }

    /** A large folio is locked only as a whole; but a part of it may let go of it. */
    @PortedFrom({"mm/mlock.c:allow_mlock_munlock", "mm/internal.h:folio_within_range"})
    private boolean allowMlockMunlock(int folio, int page, VmArea vma, long addr, int step) {
      if (!vma.has(VM_LOCKED) || !folios.folioTestLarge(folio)) {
        return true;
      }
      long first = addr - (page - folio) * PAGE_SIZE;
      int nr = folios.folioNrPages(folio);
      return first >= Math.max(rangeStart, vma.vmStart)
          && first + nr * PAGE_SIZE <= Math.min(rangeEnd, vma.vmEnd)
          && step == nr;
    }

    private void lockOrUnlock(VmArea vma, int folio) {
      if (vma.has(VM_LOCKED)) {
        mlocked.mlockFolio(folio);
      } else {
        mlocked.munlockFolio(folio);
      }
    }
  }
}
