// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c.
package org.samepage.rmap.unmap;

import static org.samepage.rmap.PageVmaMappedWalk.PVMW_SYNC;
import static org.samepage.rmap.unmap.TtuFlags.TTU_IGNORE_MLOCK;
import static org.samepage.rmap.unmap.TtuFlags.TTU_RMAP_LOCKED;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SPLIT_HUGE_PMD;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SYNC;

import org.samepage.mm.memory.UffdWpMarkers;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.MlockedFolios;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalk;
import org.samepage.rmap.RmapWalkControl;
import org.samepage.rmap.huge.DiscardHugePmd;
import org.samepage.rmap.huge.SplitHugePmd;

/** Takes all mappings of a folio away; an anonymous one's become swap words. */
public final class TryToUnmap {
  private final Sched sched;
  private final Folios folios;
  private final AnonRmap rmap;
  private final RmapWalk walk;
  private final SwapDevice swap;
  private final Mmlist mmlist;
  private final SwapTypes types;
  private final KernelLog log;
  private final SplitHugePmd splitHugePmd;
  private final DiscardHugePmd discardHugePmd;
  private final MlockedFolios mlocked;

  /** What swap words need. */
  public record Swap(SwapDevice device, Mmlist mmlist, SwapTypes types) {}

  public TryToUnmap(
      Sched sched,
      Folios folios,
      AnonRmap rmap,
      RmapWalk walk,
      SplitHugePmd splitHugePmd,
      Swap swap,
      KernelLog log) {
    this.splitHugePmd = splitHugePmd;
    this.discardHugePmd = new DiscardHugePmd(folios, rmap);
    this.mlocked = new MlockedFolios(folios);
    this.sched = sched;
    this.folios = folios;
    this.rmap = rmap;
    this.walk = walk;
    this.swap = swap.device;
    this.mmlist = swap.mmlist;
    this.types = swap.types;
    this.log = log;
  }

  /**
   * Tries to unmap a folio everywhere. Whether that worked, the caller sees by its mapcount.
   *
   * @param folio locked, with a reference of the caller's; in the swap cache if anonymous
   * @param flags of {@link TtuFlags}
   */
  @PortedFrom("mm/rmap.c:try_to_unmap")
  public void tryToUnmap(int folio, int flags) {
    RmapWalkControl rwc = new Control(flags);
    if ((flags & TTU_RMAP_LOCKED) != 0) {
      walk.rmapWalkLocked(folio, rwc);
    } else {
      walk.rmapWalk(folio, rwc);
    }
  }

  private final class Control extends RmapWalkControl {
    private final int flags;
    private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(folios, types);

    Control(int flags) {
      this.flags = flags;
      this.anonLock = true;
    }

    @Override
    @PortedFrom(
        value = "mm/rmap.c:try_to_unmap_one",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no hugetlb, poison, MMU notifiers; large folios are lazyfree, entry by entry")
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      boolean split = (flags & TTU_SPLIT_HUGE_PMD) != 0;
      int locked = 0;
      pvmw.defineFolioVmaWalk(folio, vma, addr, (flags & TTU_SYNC) != 0 ? PVMW_SYNC : 0);
      while (pvmw.pageVmaMappedWalk()) {
        sched.current().work.ptesFound++;
        if ((flags & TTU_IGNORE_MLOCK) == 0 && vma.has(VmFlags.VM_LOCKED)) {
          locked++;
          if (!pvmw.isPmd() && locked != folios.folioNrPages(folio)) {
            continue; // whether all of it is in the VMA shows at the last page
          }
          if ((pvmw.flags() & PageVmaMappedWalk.PVMW_PGTABLE_CROSSED) == 0) {
            mlocked.mlockVmaFolio(folio, vma); // that was missed
          }
          pvmw.pageVmaMappedWalkDone();
          return false;
        }
        if (pvmw.isPmd()) {
          if (folios.folioTestLazyfree(folio)
              && discardHugePmd.unmapHugePmdLocked(vma, pvmw.table(), pvmw.index(), folio)) {
            pvmw.pageVmaMappedWalkDone();
            return true;
          }
          log.bugOn(!split, "try_to_unmap_one: a huge entry");
          splitHugePmd.splitHugePmdLocked(vma, pvmw.table(), pvmw.index(), pvmw.address(), false);
          split = false;
          pvmw.pageVmaMappedWalkRestart();
          continue;
        }
        int page = (int) Pte.ptePfn(pvmw.pte());
        if (!unmap(folio, page, vma)) {
          pvmw.pageVmaMappedWalkDone();
          return false;
        }
        rmap.folioRemoveRmapPtes(page, vma);
        folios.folioPut(folio);
      }
      return locked == 0;
    }

    /** Clears the entry and puts a swap word there; on failure it is as before. */
    private boolean unmap(int folio, int page, VmArea vma) {
      Mm mm = vma.vmMm;
      boolean anonExclusive = folios.folioTestAnon(folio) && folios.pageAnonExclusive(page);
      long pte = pvmw.table().getAndClear(pvmw.index());
      UffdWpMarkers.pteInstallUffdWpIfNeeded(vma, pvmw.table(), pvmw.index(), pte);
      if (Pte.pteDirty(pte)) {
        folios.folioMarkDirty(folio);
      }
      if (!folios.folioTestAnon(folio)) {
        mm.addMmCounter(Mm.mmCounterFile(folios, folio), -1);
        return true;
      }
      if (log.warnOnOnce(
          folios.folioTestSwapbacked(folio) != folios.folioTestSwapcache(folio),
          "try_to_unmap_one: swap-backed, but not in the swap cache")) {
        pvmw.table().set(pvmw.index(), pte);
        return false;
      }
      if (!folios.folioTestSwapbacked(folio)) {
        return discardLazyfree(folio, vma, pte);
      }
      long entry = swap.pageSwapEntry(folio);
      if (swap.swapDuplicate(entry) < 0) {
        pvmw.table().set(pvmw.index(), pte);
        return false;
      }
      if (anonExclusive && !rmap.folioTryShareAnonRmapPte(page)) {
        swap.swapFree(entry);
        pvmw.table().set(pvmw.index(), pte);
        return false;
      }
      mmlist.add(mm);
      mm.addMmCounter(Mm.MM_ANONPAGES, -1);
      mm.addMmCounter(Mm.MM_SWAPENTS, 1);
      long word = anonExclusive ? SwapEntry.pteSwpMkexclusive(entry) : entry;
      word = mm.ptes.pteSoftDirty(pte) ? mm.ptes.pteSwpMksoftDirty(word) : word;
      word = Pte.pteUffdWp(pte) ? SwapEntry.pteSwpMkuffdWp(word) : word;
      pvmw.table().set(pvmw.index(), word);
      return true;
    }

    /** A page that MADV_FREE gave away: it goes without a trace, unless somebody has used it. */
    private boolean discardLazyfree(int folio, VmArea vma, long pte) {
      if (folios.folioTestDirty(folio) && !vma.has(VmFlags.VM_DROPPABLE)) {
        pvmw.table().set(pvmw.index(), pte);
        folios.frames().setFlag(folio, PageFlags.PG_SWAPBACKED);
        return false;
      }
      if (folios.folioRefCount(folio) != 1 + folios.folioMapcount(folio)) {
        pvmw.table().set(pvmw.index(), pte);
        return false;
      }
      vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, -1);
      return true;
    }

    @Override
    @PortedFrom("mm/rmap.c:folio_not_mapped")
    public boolean done(int folio) {
      return !folios.folioMapped(folio);
    }
  }
}
