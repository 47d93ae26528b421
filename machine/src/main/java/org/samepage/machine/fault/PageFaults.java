// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.machine.fault;

import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;

/** Resolves faults: in anonymous memory here, in files by {@link FileFaults}. */
public final class PageFaults implements FaultHandler {
  private final Folios folios;
  private final NormalPage normalPage;
  private final AnonVmas anonVmas;
  private final AnonRmap rmap;
  private final KsmZeroPages zeroPages;
  private final FileFaults files;
  private final SwapFaults swapped;
  private final SwapDevice swap;

  public PageFaults(
      Folios folios,
      NormalPage normalPage,
      AnonVmas anonVmas,
      AnonRmap rmap,
      KsmZeroPages zeroPages,
      FileFaults files,
      SwapFaults swapped,
      SwapDevice swap) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.anonVmas = anonVmas;
    this.rmap = rmap;
    this.zeroPages = zeroPages;
    this.files = files;
    this.swapped = swapped;
    this.swap = swap;
  }

  @Override
  @PortedFrom(
      value = {"mm/memory.c:handle_mm_fault", "mm/memory.c:__handle_mm_fault"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no huge pages, no memcg")
  public int handleMmFault(VmArea vma, long address, int wanted) {
    vma.vmMm.mmapLock.assertLocked();
    int flags = sanitizeFaultFlags(vma, wanted);
    if (flags < 0) {
      return VM_FAULT_SIGSEGV;
    }
    long addr = PageUnits.pageAlignDown(address);
    PageTable table = vma.vmMm.pgTables.pteAlloc(addr);
    if (table == null) {
      return VM_FAULT_OOM;
    }
    return handlePteFault(new Fault(vma, addr, flags, table, table.getLockless(pteIndex(addr))));
  }

  /**
   * What is left of the flags: where pages are not copied on write there is nothing to unshare.
   *
   * @return negative for a fault that cannot be: to write and to unshare, or to write what may
   *     never be written
   */
  @PortedFrom(
      value = "mm/memory.c:sanitize_fault_flags",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the flags; no per-VMA lock")
  private static int sanitizeFaultFlags(VmArea vma, int flags) {
    boolean write = (flags & FAULT_FLAG_WRITE) != 0;
    if ((flags & FAULT_FLAG_UNSHARE) != 0) {
      return write ? -1 : vma.isCowMapping() ? flags : flags & ~FAULT_FLAG_UNSHARE;
    }
    boolean impossible =
        write
            && (!vma.has(VmFlags.VM_MAYWRITE)
                || (!vma.has(VmFlags.VM_WRITE) && !vma.isCowMapping()));
    return impossible ? -1 : flags;
  }

  @PortedFrom(
      value = "mm/memory.c:handle_pte_fault",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no NUMA hints yet")
  private int handlePteFault(Fault fault) {
    if (Pte.pteNone(fault.origPte())) {
      return doPteMissing(fault);
    }
    if (PteMarker.isPteMarker(fault.origPte())) {
      return handlePteMarker(fault);
    }
    if (!Pte.ptePresent(fault.origPte())) {
      return swapped.doSwapPage(fault, this::doWpPage);
    }
    fault.table().ptl.lock();
    if (!fault.unchanged()) {
      fault.table().ptl.unlock();
      return 0;
    }
    if ((fault.isWrite() || fault.isUnshare()) && !Pte.pteWrite(fault.origPte())) {
      return doWpPage(fault);
    }
    long entry = fault.origPte();
    if (fault.isWrite()) {
      entry = fault.vma().vmMm.ptes.pteMkdirty(entry);
    }
    fault.table().set(fault.at(), Pte.pteMkyoung(entry));
    fault.table().ptl.unlock();
    return 0;
  }

  @PortedFrom("mm/memory.c:do_pte_missing")
  private int doPteMissing(Fault fault) {
    return fault.vma().vmaIsAnonymous() ? doAnonymousPage(fault) : files.doFault(fault);
  }

  @PortedFrom("mm/memory.c:handle_pte_marker")
  private int handlePteMarker(Fault fault) {
    long marker = PteMarker.pteMarkerGet(fault.origPte());
    if ((marker & PteMarker.POISONED) != 0) {
      return VM_FAULT_HWPOISON;
    }
    if ((marker & PteMarker.GUARD) != 0) {
      return VM_FAULT_SIGSEGV;
    }
    return (marker & PteMarker.UFFD_WP) != 0 ? pteMarkerHandleUffdWp(fault) : VM_FAULT_SIGBUS;
  }

  /** A page that is not there, and protected all the same: it comes, protected. */
  @PortedFrom({"mm/memory.c:pte_marker_handle_uffd_wp", "mm/memory.c:pte_marker_clear"})
  private int pteMarkerHandleUffdWp(Fault fault) {
    if (fault.vma().userfaultfdWp()) {
      return doPteMissing(fault);
    }
    fault.table().ptl.lock();
    if (fault.unchanged()) {
      fault.table().set(fault.at(), 0);
    }
    fault.table().ptl.unlock();
    return 0;
  }

  /** The first access to a page: a read maps the zero page, a write a page of its own. */
  @PortedFrom(
      value = "mm/memory.c:do_anonymous_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0")
  private int doAnonymousPage(Fault fault) {
    VmArea vma = fault.vma();
    if (!fault.isWrite()) {
      long entry = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, vma.vmPageProt));
      fault.table().ptl.lock();
      boolean first = fault.unchanged();
      if (first && !vma.userfaultfdMissing()) {
        fault.table().set(fault.at(), fault.vmfOrigPteUffdWp(entry));
      }
      fault.table().ptl.unlock();
      return first && vma.userfaultfdMissing() ? Userfaults.handleUserfault(fault) : 0;
    }
    int err = anonVmas.anonVmaPrepare(vma);
    int folio = err == 0 ? folios.vmaAllocFolioNoprof(vma.vmPolicy) : Frames.NO_PAGE;
    if (folio == Frames.NO_PAGE) {
      return VM_FAULT_OOM;
    }
    long entry = Pte.pfnPte(folio, vma.vmPageProt);
    if (vma.has(VmFlags.VM_WRITE)) {
      entry = Pte.pteMkwriteNovma(vma.vmMm.ptes.pteMkdirty(entry));
    }
    fault.table().ptl.lock();
    boolean first = fault.unchanged();
    boolean missing = vma.userfaultfdMissing();
    if (first && !missing) {
      vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
      rmap.folioAddNewAnonRmap(folio, vma, fault.addr());
      fault.table().set(fault.at(), fault.vmfOrigPteUffdWp(entry));
    }
    fault.table().ptl.unlock();
    if (!first || missing) {
      folios.folioPut(folio); // another thread was quicker, or another process brings the page
    }
    return first && missing ? Userfaults.handleUserfault(fault) : 0;
  }

  /** A write to, or the unsharing of, a page that may not be written. Takes over the table lock. */
  @PortedFrom(
      value = "mm/memory.c:do_wp_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no userfaultfd that only keeps track")
  // tag::do-wp-page[]
  private int doWpPage(Fault fault) {
    if (!fault.isUnshare() && fault.vma().userfaultfdPteWp(fault.origPte())) {
      fault.table().ptl.unlock();
      return Userfaults.handleUserfault(fault);
    }
    if (fault.vma().has(VmFlags.VM_SHARED | VmFlags.VM_MAYSHARE)) {
      if (!fault.isUnshare()) {
        wpPageReuse(fault);
      }
      fault.table().ptl.unlock();
      return 0;
    }
    int folio = normalPage.vmNormalPage(fault.vma(), fault.addr(), fault.origPte());
    if (folio != Frames.NO_PAGE
        && folios.folioTestAnon(folio)
        && (folios.pageAnonExclusive(folio) || wpCanReuseAnonFolio(folio, fault.vma()))) {
      folios.setPageAnonExclusive(folio);
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
    return wpPageCopy(fault, folio);
  }

  // end::do-wp-page[]

  /** Whether this mapping is the only one left, so that the page need not be copied. */
  @PortedFrom(
      value = "mm/memory.c:wp_can_reuse_anon_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0; no LRU batches")
  private boolean wpCanReuseAnonFolio(int folio, VmArea vma) {
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

  @PortedFrom(
      value = "mm/memory.c:wp_page_reuse",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller unlocks the table")
  private static void wpPageReuse(Fault fault) {
    VmArea vma = fault.vma();
    long entry = vma.vmMm.ptes.pteMkdirty(Pte.pteMkyoung(fault.origPte()));
    fault.table().set(fault.at(), maybeMkwrite(entry, vma));
  }

  @PortedFrom("include/linux/mm.h:maybe_mkwrite")
  static long maybeMkwrite(long pte, VmArea vma) {
    return vma.has(VmFlags.VM_WRITE) ? Pte.pteMkwriteNovma(pte) : pte;
  }

  /**
   * Puts a copy in the page's place, for this mapping alone.
   *
   * @param oldFolio with a reference that is given up here; {@link Frames#NO_PAGE} for the zero
   *     page
   */
  @PortedFrom(
      value = "mm/memory.c:wp_page_copy",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no MMU notifiers, no delay accounting")
  private int wpPageCopy(Fault fault, int oldFolio) {
    VmArea vma = fault.vma();
    int err = anonVmas.anonVmaPrepare(vma);
    int newFolio = err == 0 ? folios.vmaAllocFolioNoprof(vma.vmPolicy) : Frames.NO_PAGE;
    if (newFolio == Frames.NO_PAGE) {
      putIfPage(oldFolio);
      return VM_FAULT_OOM;
    }
    if (oldFolio != Frames.NO_PAGE) {
      folios.copyMcUserHighpage(newFolio, oldFolio);
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
        entry = maybeMkwrite(vma.vmMm.ptes.pteMkdirty(entry), vma);
      }
      var _ = fault.table().getAndClear(fault.at());
      rmap.folioAddNewAnonRmap(newFolio, vma, fault.addr());
      fault.table().set(fault.at(), entry);
      if (oldFolio != Frames.NO_PAGE) {
        rmap.folioRemoveRmapPtes(oldFolio);
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
