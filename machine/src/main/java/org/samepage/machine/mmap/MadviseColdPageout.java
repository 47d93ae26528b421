// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.samepage.machine.swap.Reclaim;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

/** MADV_COLD and MADV_PAGEOUT: pages that nobody else maps are not needed soon, or go at once. */
public final class MadviseColdPageout {
  private final Folios folios;
  private final NormalPage normalPage;
  private final PageWalk pageWalk;
  private final PartOfLarge partOfLarge;
  private final Reclaim reclaim;

  public MadviseColdPageout(
      Folios folios,
      NormalPage normalPage,
      PageWalk pageWalk,
      PartOfLarge partOfLarge,
      Reclaim reclaim) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.pageWalk = pageWalk;
    this.partOfLarge = partOfLarge;
    this.reclaim = reclaim;
  }

  /** Holds mmap_lock for reading. */
  @PortedFrom({"mm/madvise.c:madvise_cold", "mm/madvise.c:can_madv_lru_vma"})
  int madviseCold(VmArea vma, long start, long end) {
    return advise(vma, start, end, false);
  }

  /** Holds mmap_lock for reading. What cannot go stays, and that is no error. */
  @PortedFrom(
      value = "mm/madvise.c:madvise_pageout",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "pages of files stay")
  int madvisePageout(VmArea vma, long start, long end) {
    return advise(vma, start, end, true);
  }

  private int advise(VmArea vma, long start, long end, boolean pageout) {
    if (vma.has(VmFlags.VM_LOCKED | VmFlags.VM_PFNMAP | VmFlags.VM_HUGETLB)) {
      return -Errno.EINVAL;
    }
    var _ = pageWalk.walkPageRangeVma(vma, start, end, new MmWalk(new Ops(pageout)));
    return 0;
  }

  private final class Ops extends MmWalkOps {
    private final boolean pageout;
    private final List<Integer> folioList = new ArrayList<>();

    Ops(boolean pageout) {
      super(PageWalkLock.PGWALK_RDLOCK, WalkCallback.PMD_ENTRY);
      this.pageout = pageout;
    }

    @Override
    @PortedFrom(
        value = "mm/madvise.c:madvise_cold_or_pageout_pte_range",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "does not let others run in the middle of a table")
    protected int pmdEntry(PageTable table, int index, long start, long end, MmWalk walk) {
      VmArea vma = Objects.requireNonNull(walk.vma());
      folioList.clear();
      if (Pmd.pmdTransHuge(table.getLockless(index))
          && huge(vma, table, index, end - start == PMD_SIZE)) {
        var _ = reclaim.reclaimPages(folioList);
        return 0;
      }
      partOfLarge.forEach(
          table, index, start, end, (ptes, addr, upTo) -> entries(vma, ptes, addr, upTo));
      var _ = reclaim.reclaimPages(folioList);
      return 0;
    }

    /** A huge entry; false where it was split, so that there is a table now. */
    @PortedFrom(value = "mm/madvise.c:madvise_cold_or_pageout_pte_range", part = true)
    private boolean huge(VmArea vma, PageTable table, int index, boolean whole) {
      table.ptl.lock();
      long pmd = table.get(index);
      if (!Pmd.pmdTransHuge(pmd)) {
        table.ptl.unlock();
        return PgTables.isHuge(pmd);
      }
      int folio = normalPage.vmNormalPagePmd(vma, vma.vmStart, pmd);
      if (folio == Frames.NO_PAGE || folios.folioMaybeMappedShared(folio)) {
        table.ptl.unlock();
        return true;
      }
      if (!whole) {
        folios.folioGet(folio);
        table.ptl.unlock();
        folios.folioLock(folio);
        return !partOfLarge.splitAndLetGo(folio);
      }
      if (!pageout && Pmd.pmdYoung(pmd)) {
        table.set(index, Pmd.pmdMkold(pmd));
      }
      coldOrOut(folio);
      table.ptl.unlock();
      return true;
    }

    /** One entry, or those of a whole large folio: {@link PartOfLarge.Entries#take}. */
    private int entries(VmArea vma, PageTable ptes, long addr, long end) {
      int at = pteIndex(addr);
      long pte = ptes.get(at);
      int page = Pte.ptePresent(pte) ? normalPage.vmNormalPage(vma, addr, pte) : Frames.NO_PAGE;
      if (page == Frames.NO_PAGE) {
        return 1;
      }
      int folio = folios.pageFolio(page);
      if (partOfLarge.isPart(page, ptes, addr, end)) {
        return partOfLarge.splitFirst(folio);
      }
      int nr = folios.folioNrPages(folio);
      if (folios.frames().testFlag(folio, PageFlags.PG_ISOLATED)
          || folios.folioMapcount(folio) != nr
          || (pageout && !folios.folioTestAnon(folio))) {
        return nr;
      }
      for (int i = at; !pageout && i < at + nr; i++) {
        ptes.set(i, Pte.pteMkold(ptes.get(i)));
      }
      coldOrOut(folio);
      return nr;
    }

    private void coldOrOut(int folio) {
      folios.frames().clearFlag(folio, PageFlags.PG_REFERENCED);
      if (!pageout) {
        folios.frames().clearFlag(folio, PageFlags.PG_ACTIVE);
      } else if (folios.folioIsolateLru(folio)) {
        if (folios.folioTestUnevictable(folio)) {
          folios.folioPutbackLru(folio);
        } else {
          folioList.add(folio);
        }
      }
    }
  }
}
