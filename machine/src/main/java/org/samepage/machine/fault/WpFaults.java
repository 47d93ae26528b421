// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.machine.fault;

import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;

import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.machine.fault.parts.Userfaults;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;

/** Faults on entries that may not be written: a page is taken over, or copied. */
final class WpFaults {
  private final Folios folios;
  private final NormalPage normalPage;
  private final AnonVmas anonVmas;
  private final AnonRmap rmap;
  private final KsmZeroPages zeroPages;
  private final SwapDevice swap;

  WpFaults(
      Folios folios,
      NormalPage normalPage,
      AnonVmas anonVmas,
      AnonRmap rmap,
      KsmZeroPages zeroPages,
      SwapDevice swap) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.anonVmas = anonVmas;
    this.rmap = rmap;
    this.zeroPages = zeroPages;
    this.swap = swap;
  }

  /** A write to, or the unsharing of, a page that may not be written. Takes over the table lock. */
  @PortedFrom(
      value = "mm/memory.c:do_wp_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no userfaultfd that only keeps track")
  // tag::do-wp-page[]
  int doWpPage(Fault fault) {
    if (!fault.isUnshare() && fault.vma().userfaultfdPteWp(fault.origPte())) {
      fault.table().ptl.unlock();
      return Userfaults.handleUserfault(fault.vma(), fault.flags());
    }
    if (fault.vma().has(VmFlags.VM_SHARED | VmFlags.VM_MAYSHARE)) {
      if (!fault.isUnshare()) {
        wpPageReuse(fault);
      }
      fault.table().ptl.unlock();
      return 0;
    }
    int page = normalPage.vmNormalPage(fault.vma(), fault.addr(), fault.origPte());
    int folio = page == Frames.NO_PAGE ? Frames.NO_PAGE : folios.pageFolio(page);
    if (folio != Frames.NO_PAGE
        && folios.folioTestAnon(folio)
        && (folios.pageAnonExclusive(page) || wpCanReuseAnonFolio(folio, fault.vma()))) {
      folios.setPageAnonExclusive(page);
      if (!fault.isUnshare()) {
        wpPageReuse(fault);
      }
      fault.table().ptl.unlock();
      return 0;
    }
    if (folio != Frames.NO_PAGE) {
      folios.folioGet(folio);
    }
    fault.table().ptl.unlock();
    return wpPageCopy(fault, page);
  }

  // end::do-wp-page[]

  /** Whether this mapping is the only one left, so that the page need not be copied. */
  @PortedFrom(
      value = "mm/memory.c:wp_can_reuse_anon_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no LRU batches")
  private boolean wpCanReuseAnonFolio(int folio, VmArea vma) {
    if (folios.folioTestLarge(folio)) {
      return wpCanReuseLargeAnonFolioRaw(folio);
    }
    int swapcache = folios.folioTestSwapcache(folio) ? 1 : 0;
    if (folios.folioTestKsm(folio)
        || folios.folioRefCount(folio) > 1 + swapcache
        || !folios.folioTrylock(folio)) {
      return false;
    }
    var _ = swap.folioFreeSwap(folio);
    boolean alone = !folios.folioTestKsm(folio) && folios.folioRefCount(folio) == 1;
    if (alone) {
      rmap.folioMoveAnonRmap(folio, vma);
    }
    folios.folioUnlock(folio);
    return alone;
  }

  /**
   * Whether this address space alone maps a large folio, and nobody else holds on to it. Of one
   * that is mapped here by a single page, the rest would better be freed.
   */
  @PortedFrom(
      value = "mm/memory.c:__wp_can_reuse_large_anon_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "not in the swap cache; the counts are looked at once")
  private boolean wpCanReuseLargeAnonFolioRaw(int folio) {
    int mapcount = folios.folioMapcount(folio);
    return mapcount > 1
        && !folios.folioMaybeMappedShared(folio)
        && mapcount == folios.folioRefCount(folio);
  }

  @PortedFrom(
      value = "mm/memory.c:wp_page_reuse",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller unlocks the table")
  private static void wpPageReuse(Fault fault) {
    VmArea vma = fault.vma();
    long entry = vma.vmMm.ptes.pteMkdirty(Pte.pteMkyoung(fault.origPte()));
    fault.table().set(fault.at(), PageFaults.maybeMkwrite(entry, vma));
  }

  /**
   * Puts a copy in the page's place, for this mapping alone.
   *
   * @param oldPage with a reference to its folio that is given up here; {@link Frames#NO_PAGE} for
   *     the zero page
   */
  @PortedFrom(
      value = "mm/memory.c:wp_page_copy",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no MMU notifiers, no delay accounting")
  private int wpPageCopy(Fault fault, int oldPage) {
    VmArea vma = fault.vma();
    int oldFolio = oldPage == Frames.NO_PAGE ? Frames.NO_PAGE : folios.pageFolio(oldPage);
    int err = anonVmas.anonVmaPrepare(vma);
    int newFolio = err == 0 ? folios.vmaAllocFolioNoprof(vma.vmPolicy) : Frames.NO_PAGE;
    if (newFolio == Frames.NO_PAGE) {
      putIfPage(oldFolio);
      return VM_FAULT_OOM;
    }
    if (oldFolio != Frames.NO_PAGE) {
      folios.copyMcUserHighpage(newFolio, oldPage);
    }
    fault.table().ptl.lock();
    boolean copied = fault.unchanged();
    if (copied) {
      if (oldFolio == Frames.NO_PAGE) {
        zeroPages.ksmMightUnmapZeroPage(vma.vmMm, fault.origPte());
        vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
      } else if (!folios.folioTestAnon(oldFolio)) {
        vma.vmMm.addMmCounter(Mm.mmCounterFile(folios, oldFolio), -1);
        vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
      }
      long entry = Pte.pfnPte(newFolio, vma.vmPageProt);
      if (fault.isUnshare()) {
        entry = unshared(entry, fault);
      } else {
        entry = PageFaults.maybeMkwrite(vma.vmMm.ptes.pteMkdirty(entry), vma);
      }
      var _ = fault.table().getAndClear(fault.at());
      rmap.folioAddNewAnonRmap(newFolio, vma, fault.addr());
      fault.table().set(fault.at(), entry);
      if (oldFolio != Frames.NO_PAGE) {
        rmap.folioRemoveRmapPtes(oldPage, vma);
      }
    }
    fault.table().ptl.unlock();
    if (!copied) {
      folios.folioPut(newFolio);
    } else if (oldFolio != Frames.NO_PAGE) {
      swap.freeSwapCache(oldFolio);
      folios.folioPut(oldFolio); // the reference of the mapping that is gone
    }
    putIfPage(oldFolio);
    return 0;
  }

  /** The entry of a copy that nobody has written yet: clean, and tracked as the page was. */
  private static long unshared(long copy, Fault fault) {
    PteLayout ptes = fault.vma().vmMm.ptes;
    long entry = ptes.pteSoftDirty(fault.origPte()) ? ptes.pteMksoftDirty(copy) : copy;
    return Pte.pteUffdWp(fault.origPte()) ? Pte.pteMkuffdWp(entry) : entry;
  }

  private void putIfPage(int folio) {
    if (folio != Frames.NO_PAGE) {
      folios.folioPut(folio);
    }
  }
}
