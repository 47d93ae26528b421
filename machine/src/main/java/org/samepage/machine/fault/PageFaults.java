// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.machine.fault;

import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.machine.fault.parts.Userfaults;
import org.samepage.machine.thp.HugeFaults;
import org.samepage.machine.thp.ThpPolicy;
import org.samepage.machine.thp.TvaType;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
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
  private final AnonVmas anonVmas;
  private final AnonRmap rmap;
  private final FileFaults files;
  private final SwapFaults swapped;
  private final WpFaults wpFaults;
  private final ThpPolicy thpPolicy;
  private final HugeFaults huge;

  public PageFaults(
      Folios folios,
      NormalPage normalPage,
      AnonVmas anonVmas,
      AnonRmap rmap,
      KsmZeroPages zeroPages,
      FileFaults files,
      SwapFaults swapped,
      SwapDevice swap,
      ThpPolicy thpPolicy,
      HugeFaults huge) {
    this.folios = folios;
    this.anonVmas = anonVmas;
    this.rmap = rmap;
    this.files = files;
    this.swapped = swapped;
    this.wpFaults = new WpFaults(folios, normalPage, anonVmas, rmap, zeroPages, swap);
    this.thpPolicy = thpPolicy;
    this.huge = huge;
  }

  @Override
  @PortedFrom(
      value = {"mm/memory.c:handle_mm_fault", "mm/memory.c:__handle_mm_fault"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no huge pages of 1 GiB, no memcg")
  public int handleMmFault(VmArea vma, long address, int wanted) {
    vma.vmMm.mmapLock.assertLocked();
    int flags = sanitizeFaultFlags(vma, wanted);
    if (flags < 0) {
      return VM_FAULT_SIGSEGV;
    }
    long addr = PageUnits.pageAlignDown(address);
    PgTables tables = vma.vmMm.pgTables;
    PageTable pmdTable = tables.pmdAlloc(addr);
    if (pmdTable == null) {
      return VM_FAULT_OOM;
    }
    int at = pmdIndex(addr);
    int ret = handlePmdFault(vma, addr, flags, pmdTable, at);
    if ((ret & VM_FAULT_FALLBACK) == 0) {
      return ret;
    }
    PageTable below = PgTables.below(pmdTable, at);
    if (below == null && !vma.vmaIsAnonymous()) {
      int refused = files.refusedWithoutTable(vma, addr, flags);
      if (refused != 0) {
        return refused;
      }
    }
    PageTable table = below != null ? below : tables.pteAllocRaw(pmdTable, at);
    if (table == null) {
      return Pmd.pmdNone(pmdTable.getLockless(at)) ? VM_FAULT_OOM : 0; // huge now: tried again
    }
    return handlePteFault(new Fault(vma, addr, flags, table, table.getLockless(pteIndex(addr))));
  }

  /** A fault where a huge entry is or could be; with FALLBACK one page is to be had. */
  @PortedFrom(
      value = {"mm/memory.c:create_huge_pmd", "mm/memory.c:wp_huge_pmd"},
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "with what their caller asks before; anonymous memory")
  private int handlePmdFault(VmArea vma, long addr, int flags, PageTable table, int at) {
    long pmd = table.getLockless(at);
    if (Pmd.pmdNone(pmd)) {
      return thpPolicy.thpVmaAllowableOrder(vma, vma.vmFlags, TvaType.TVA_PAGEFAULT)
          ? huge.doHugePmdAnonymousPage(vma, addr, flags, table, at)
          : VM_FAULT_FALLBACK;
    }
    if (!PgTables.isHuge(pmd)) {
      return VM_FAULT_FALLBACK;
    }
    if (!Pmd.pmdPresent(pmd)) {
      swapped.pmdMigrationEntryWait(vma, table, at, pmd);
      return 0;
    }
    boolean unshare = (flags & FAULT_FLAG_UNSHARE) != 0;
    if (((flags & FAULT_FLAG_WRITE) != 0 || unshare) && !Pmd.pmdWrite(pmd)) {
      return !unshare && vma.userfaultfdPteWp(pmd)
          ? Userfaults.handleUserfault(vma, flags)
          : huge.doHugePmdWpPage(vma, addr, flags, table, at, pmd);
    }
    huge.hugePmdSetAccessed(vma, flags, table, at, pmd);
    return 0;
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
      return swapped.doSwapPage(fault, wpFaults::doWpPage);
    }
    fault.table().ptl.lock();
    if (!fault.unchanged()) {
      fault.table().ptl.unlock();
      return 0;
    }
    if ((fault.isWrite() || fault.isUnshare()) && !Pte.pteWrite(fault.origPte())) {
      return wpFaults.doWpPage(fault);
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
      return first && vma.userfaultfdMissing()
          ? Userfaults.handleUserfault(fault.vma(), fault.flags())
          : 0;
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
    return first && missing ? Userfaults.handleUserfault(fault.vma(), fault.flags()) : 0;
  }

  @PortedFrom("include/linux/mm.h:maybe_mkwrite")
  static long maybeMkwrite(long pte, VmArea vma) {
    return vma.has(VmFlags.VM_WRITE) ? Pte.pteMkwriteNovma(pte) : pte;
  }
}
