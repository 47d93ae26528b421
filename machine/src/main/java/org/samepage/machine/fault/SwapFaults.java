// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c, mm/swap_state.c and mm/migrate.c.
package org.samepage.machine.fault;

import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_HWPOISON;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_MAJOR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGBUS;
import static org.samepage.rmap.AnonRmap.RMAP_EXCLUSIVE;
import static org.samepage.rmap.AnonRmap.RMAP_NONE;

import org.samepage.ksm.folio.KsmFolios;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;

/** Faults on words that stand for a page elsewhere: on the swap device, or on its way. */
public final class SwapFaults {
  private final Sched sched;
  private final Folios folios;
  private final AnonRmap rmap;
  private final KsmFolios ksm;
  private final SwapDevice swap;
  private final SwapTypes types;

  public SwapFaults(
      Sched sched, Folios folios, AnonRmap rmap, KsmFolios ksm, SwapDevice swap, SwapTypes types) {
    this.sched = sched;
    this.folios = folios;
    this.rmap = rmap;
    this.ksm = ksm;
    this.swap = swap;
    this.types = types;
  }

  /** What is left of a write fault once the page is there: do_wp_page, with the table locked. */
  @FunctionalInterface
  interface WriteProtected {
    int fault(Fault fault);
  }

  /** Brings the page back, or waits until it has moved. */
  @PortedFrom(
      value = "mm/memory.c:do_swap_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0; always through the swap cache; no device memory")
  int doSwapPage(Fault fault, WriteProtected writeProtected) {
    long entry = SwapEntry.pteToSwpEntry(fault.origPte());
    if (types.isMigrationEntry(fault.origPte())) {
      migrationEntryWait(fault);
      return 0;
    }
    if (types.isHwpoisonEntry(fault.origPte())) {
      return VM_FAULT_HWPOISON;
    }
    if (types.nonSwapEntry(entry)) {
      throw new IllegalStateException("a fault on an entry that this machine cannot make yet");
    }
    int ret = 0;
    int swapcache = swap.swapCacheGetFolio(entry);
    if (swapcache == Frames.NO_PAGE) {
      swapcache = swapinReadahead(entry, fault.vma());
      if (swapcache == Frames.NO_PAGE) {
        fault.table().ptl.lock();
        ret = fault.unchanged() ? VM_FAULT_OOM : 0;
        fault.table().ptl.unlock();
        return ret;
      }
      ret = VM_FAULT_MAJOR;
    }
    folios.folioLock(swapcache);
    if (!folios.folioTestSwapcache(swapcache) || swap.pageSwapEntry(swapcache) != entry) {
      return outPage(ret, swapcache, swapcache);
    }
    int folio = ksm.ksmMightNeedToCopy(swapcache, fault.vma(), fault.addr());
    if (folio == Frames.NO_PAGE) {
      return outPage(VM_FAULT_OOM, swapcache, swapcache);
    }
    fault.table().ptl.lock();
    if (!fault.unchanged()) {
      fault.table().ptl.unlock();
      return outPage(ret, folio, swapcache);
    }
    if (!folios.folioTestUptodate(folio)) {
      fault.table().ptl.unlock();
      return outPage(VM_FAULT_SIGBUS, folio, swapcache);
    }
    Fault mapped = map(fault, entry, folio, swapcache);
    folios.folioUnlock(folio);
    if (folio != swapcache) {
      folios.folioUnlock(swapcache);
      folios.folioPut(swapcache);
    }
    if (mapped.isWrite()) {
      ret |= writeProtected.fault(mapped);
      return (ret & VM_FAULT_ERROR) != 0 ? ret & VM_FAULT_ERROR : ret;
    }
    fault.table().ptl.unlock();
    return ret;
  }

  /** Gives up: lets go of the folio, and of the one that it is a copy of. */
  private int outPage(int ret, int folio, int swapcache) {
    folios.folioUnlock(folio);
    folios.folioPut(folio);
    if (folio != swapcache) {
      folios.folioUnlock(swapcache);
      folios.folioPut(swapcache);
    }
    return ret;
  }

  /**
   * Puts the folio in the word's place; returns what is left of the fault. Holds the table lock.
   */
  @PortedFrom(
      value = "mm/memory.c:do_swap_page",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the part under the table's lock")
  private Fault map(Fault fault, long entry, int folio, int swapcache) {
    VmArea vma = fault.vma();
    int flags = fault.flags();
    boolean ksmFolio = folios.folioTestKsm(folio);
    boolean exclusive =
        !ksmFolio && (folio != swapcache || SwapEntry.pteSwpExclusive(fault.origPte()));
    if (folios.folioTestAnon(folio) && folios.pageAnonExclusive(folio)) {
      throw new IllegalStateException("pfn " + folio + " is exclusive, and swapped out");
    }
    swap.swapFree(entry);
    if (shouldTryToFreeSwap(folio, vma, flags)) {
      var _ = swap.folioFreeSwap(folio);
    }
    vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
    vma.vmMm.addMmCounter(Mm.MM_SWAPENTS, -1);
    PteLayout ptes = vma.vmMm.ptes;
    long pte = Pte.pfnPte(folio, vma.vmPageProt);
    pte = ptes.pteSwpSoftDirty(fault.origPte()) ? ptes.pteMksoftDirty(pte) : pte;
    pte = SwapEntry.pteSwpUffdWp(fault.origPte()) ? Pte.pteMkuffdWp(pte) : pte;
    int rmapFlags = RMAP_NONE;
    if (!ksmFolio && (exclusive || folios.folioRefCount(folio) == 1)) {
      if (vma.has(VmFlags.VM_WRITE)
          && !vma.userfaultfdPteWp(pte)
          && !vma.pteNeedsSoftDirtyWp(pte)) {
        pte = Pte.pteMkwriteNovma(pte);
        if (fault.isWrite()) {
          pte = ptes.pteMkdirty(pte);
          flags &= ~FAULT_FLAG_WRITE;
        }
      }
      rmapFlags = RMAP_EXCLUSIVE;
    }
    if (folio != swapcache) {
      rmap.folioAddNewAnonRmap(folio, vma, fault.addr());
    } else if (!folios.folioTestAnon(folio)) {
      rmap.folioAddNewAnonRmap(folio, vma, fault.addr(), rmapFlags);
    } else {
      rmap.folioAddAnonRmapPtes(folio, vma, fault.addr(), rmapFlags);
    }
    fault.table().set(fault.at(), pte);
    return new Fault(vma, fault.addr(), flags, fault.table(), pte);
  }

  @PortedFrom(
      value = "mm/memory.c:should_try_to_free_swap",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no memcg")
  private boolean shouldTryToFreeSwap(int folio, VmArea vma, int flags) {
    if (!folios.folioTestSwapcache(folio)) {
      return false;
    }
    if (swap.vmSwapFull() || vma.has(VmFlags.VM_LOCKED) || folios.folioTestMlocked(folio)) {
      return true;
    }
    return (flags & FAULT_FLAG_WRITE) != 0
        && !folios.folioTestKsm(folio)
        && folios.folioRefCount(folio) == 2;
  }

  /**
   * Reads an entry into a new folio in the swap cache.
   *
   * @return the folio with a reference, or whoever was quicker; {@link Frames#NO_PAGE} where memory
   *     is short, or the entry is not in use any more
   */
  @PortedFrom(
      value = {"mm/swap_state.c:swapin_readahead", "mm/swap_state.c:__read_swap_cache_async"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "this entry alone, nothing ahead")
  private int swapinReadahead(long entry, VmArea vma) {
    int fresh = folios.vmaAllocFolioNoprof(vma.vmPolicy);
    if (fresh == Frames.NO_PAGE) {
      return Frames.NO_PAGE;
    }
    var _ = folios.folioTrylock(fresh); // nobody else knows it
    for (int attempt = 0; true; attempt++) {
      int err = swap.swapcachePrepare(entry, fresh);
      if (err == 0) {
        swap.swapReadFolio(fresh);
        folios.folioUnlock(fresh);
        return fresh;
      }
      int folio = err == -Errno.EEXIST ? swap.swapCacheGetFolio(entry) : Frames.NO_PAGE;
      if (err != -Errno.EEXIST || folio != Frames.NO_PAGE) {
        folios.folioUnlock(fresh);
        folios.folioPut(fresh);
        return folio;
      }
      sched.contended(LockClass.FOLIO_LOCK, attempt); // its copy is just going
    }
  }

  /** Waits until the folio that an entry stands for is unlocked: until it has moved. */
  @PortedFrom(
      value = {"mm/migrate.c:migration_entry_wait", "mm/filemap.c:migration_entry_wait_on_locked"},
      fidelity = Fidelity.ADAPTED,
      differs = "waits by polling through the scheduler seam")
  private void migrationEntryWait(Fault fault) {
    int folio = (int) types.swpOffsetPfn(fault.origPte());
    for (int attempt = 0; waits(fault, folio); attempt++) {
      sched.contended(LockClass.FOLIO_LOCK, attempt);
    }
  }

  private boolean waits(Fault fault, int folio) {
    return fault.table().getLockless(fault.at()) == fault.origPte()
        && folios.folioTestLocked(folios.pageFolio(folio));
  }

  /** The same for a huge entry. */
  @PortedFrom(
      value = "mm/migrate.c:pmd_migration_entry_wait",
      fidelity = Fidelity.ADAPTED,
      differs = "waits by polling through the scheduler seam")
  void pmdMigrationEntryWait(VmArea vma, PageTable table, int index, long pmd) {
    int folio = (int) vma.vmMm.ptes.types.swpOffsetPfn(pmd);
    for (int attempt = 0;
        table.getLockless(index) == pmd && folios.folioTestLocked(folio);
        attempt++) {
      sched.contended(LockClass.FOLIO_LOCK, attempt);
    }
  }
}
