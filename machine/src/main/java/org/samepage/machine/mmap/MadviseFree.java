// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c, mm/huge_memory.c and mm/swap.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Objects;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

/** MADV_FREE: pages may go without a trace when memory is short, unless somebody writes to them. */
public final class MadviseFree {
  private final Folios folios;
  private final NormalPage normalPage;
  private final SwapDevice swap;
  private final SwapTypes types;
  private final PageWalk pageWalk;
  private final PartOfLarge partOfLarge;

  public MadviseFree(
      Folios folios,
      NormalPage normalPage,
      SwapDevice swap,
      SwapTypes types,
      PageWalk pageWalk,
      PartOfLarge partOfLarge) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.swap = swap;
    this.types = types;
    this.pageWalk = pageWalk;
    this.partOfLarge = partOfLarge;
  }

  /** Holds mmap_lock for reading. */
  @PortedFrom(
      value = "mm/madvise.c:madvise_free_single_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "no MMU notifiers; no per-CPU batches to drain")
  int madviseFreeSingleVma(VmArea vma, long start, long end) {
    if (!vma.vmaIsAnonymous()) {
      return -Errno.EINVAL;
    }
    vma.vmMm.updateHiwaterRss();
    return pageWalk.walkPageRangeVma(vma, start, end, new MmWalk(new FreeOps()));
  }

  private final class FreeOps extends MmWalkOps {
    FreeOps() {
      super(PageWalkLock.PGWALK_RDLOCK, WalkCallback.PMD_ENTRY);
    }

    @Override
    @PortedFrom(
        value = "mm/madvise.c:madvise_free_pte_range",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "swap slots one by one")
    protected int pmdEntry(PageTable table, int index, long start, long end, MmWalk walk) {
      VmArea vma = Objects.requireNonNull(walk.vma());
      if (Pmd.pmdTransHuge(table.getLockless(index))
          && madviseFreeHugePmd(vma, table, index, end - start == PMD_SIZE)) {
        return 0;
      }
      partOfLarge.forEach(
          table, index, start, end, (ptes, addr, upTo) -> entries(vma, ptes, addr, upTo));
      return 0;
    }

    /** One entry, or those of a whole large folio: {@link PartOfLarge.Entries#take}. */
    private int entries(VmArea vma, PageTable ptes, long addr, long end) {
      int at = pteIndex(addr);
      long pte = ptes.get(at);
      if (Pte.pteNone(pte)) {
        return 1;
      }
      if (!Pte.ptePresent(pte)) {
        nonpresent(vma, ptes, at, pte);
        return 1;
      }
      int page = normalPage.vmNormalPage(vma, addr, pte);
      if (page == Frames.NO_PAGE) {
        return 1;
      }
      int folio = folios.pageFolio(page);
      if (partOfLarge.isPart(page, ptes, addr, end)) {
        return partOfLarge.splitFirst(folio);
      }
      int nr = folios.folioNrPages(folio);
      boolean clean = !folios.folioTestSwapcache(folio) && !folios.folioTestDirty(folio);
      if (clean || clean(folio)) {
        for (int i = at; i < at + nr; i++) {
          ptes.set(i, Pte.pteMkclean(Pte.pteMkold(ptes.get(i))));
        }
        folioMarkLazyfree(folio);
      }
      return nr;
    }

    private void nonpresent(VmArea vma, PageTable ptes, int at, long pte) {
      if (types.isSwapSlot(pte)) {
        swap.freeSwapAndCacheNr(SwapEntry.pteToSwpEntry(pte));
        ptes.set(at, 0);
        vma.vmMm.addMmCounter(Mm.MM_SWAPENTS, -1);
      } else if (types.isHwpoisonEntry(pte)
          || (PteMarker.isPteMarker(pte)
              && (PteMarker.pteMarkerGet(pte) & PteMarker.POISONED) != 0)) {
        ptes.set(at, 0);
      }
    }

    /** Takes the dirt and the copy on the swap device from a folio that nobody else maps. */
    private boolean clean(int folio) {
      if (!folios.folioTrylock(folio)) {
        return false;
      }
      boolean cleaned =
          folios.folioMapcount(folio) == folios.folioNrPages(folio)
              && (!folios.folioTestSwapcache(folio) || swap.folioFreeSwap(folio));
      if (cleaned) {
        folios.frames().clearFlag(folio, PageFlags.PG_DIRTY);
      }
      folios.folioUnlock(folio);
      return cleaned;
    }
  }

  /** A huge entry; true where that is all. */
  @PortedFrom("mm/huge_memory.c:madvise_free_huge_pmd")
  private boolean madviseFreeHugePmd(VmArea vma, PageTable table, int index, boolean whole) {
    table.ptl.lock();
    long pmd = table.get(index);
    int folio = Frames.NO_PAGE;
    if (Pmd.pmdTransHuge(pmd)) {
      folio = normalPage.vmNormalPagePmd(vma, vma.vmStart, pmd);
    }
    if (folio == Frames.NO_PAGE
        || folios.folioMaybeMappedShared(folio)
        || !folios.folioTrylock(folio)) {
      table.ptl.unlock();
      return false;
    }
    if (!whole) {
      folios.folioGet(folio);
      table.ptl.unlock();
      var _ = partOfLarge.splitAndLetGo(folio);
      return false;
    }
    folios.frames().clearFlag(folio, PageFlags.PG_DIRTY);
    folios.folioUnlock(folio);
    if (Pmd.pmdYoung(pmd) || Pmd.pmdDirty(pmd)) {
      table.set(index, Pmd.pmdMkclean(Pmd.pmdMkold(pmd)));
    }
    folioMarkLazyfree(folio);
    table.ptl.unlock();
    return true;
  }

  @PortedFrom(
      value = {"mm/swap.c:folio_mark_lazyfree", "mm/swap.c:lru_lazyfree"},
      fidelity = Fidelity.ADAPTED,
      differs = "at once, where small folios wait in a batch of their CPU")
  private void folioMarkLazyfree(int folio) {
    if (folios.folioTestAnon(folio)
        && folios.folioTestSwapbacked(folio)
        && !folios.folioTestSwapcache(folio)
        && !folios.frames().testFlag(folio, PageFlags.PG_ISOLATED)) {
      folios
          .frames()
          .clearFlag(
              folio, PageFlags.PG_ACTIVE | PageFlags.PG_REFERENCED | PageFlags.PG_SWAPBACKED);
    }
  }
}
