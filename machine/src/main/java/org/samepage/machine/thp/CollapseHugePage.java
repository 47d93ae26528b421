// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/khugepaged.c.
package org.samepage.machine.thp;

import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_RETRY;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PTRS_PER_TABLE;
import static org.samepage.mm.units.PageUnits.pmdIndex;

import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.RwSem;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;

/** Copies the pages behind one table into a folio of 2 MiB, and maps that instead. */
public final class CollapseHugePage {
  private final Folios folios;
  private final NormalPage normalPage;
  private final AnonRmap rmap;
  private final SwapDevice swap;
  private final KsmZeroPages zeroPages;
  private final ThpPolicy policy;
  private final HugeFaults hugeFaults;
  private final FaultHandler faults;

  public CollapseHugePage(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      SwapDevice swap,
      KsmZeroPages zeroPages,
      ThpPolicy policy,
      HugeFaults hugeFaults,
      FaultHandler faults) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.rmap = rmap;
    this.swap = swap;
    this.zeroPages = zeroPages;
    this.policy = policy;
    this.hugeFaults = hugeFaults;
    this.faults = faults;
  }

  /**
   * Collapses one table. Holds mmap_lock for reading, and at the end again; for writing meanwhile.
   *
   * @param unmapped whether entries were seen that stand for something elsewhere
   */
  @PortedFrom(
      value = "mm/khugepaged.c:collapse_huge_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no memcg; mmap_lock is held again at the end")
  ScanResult collapseHugePage(Mm mm, long addr, boolean unmapped) {
    mm.mmapLock.readUnlock();
    int folio = folios.vmaAllocFolioNoprof(Folios.NUMA_NO_NODE, HPAGE_PMD_ORDER);
    ScanResult result =
        folio == Frames.NO_PAGE ? ScanResult.SCAN_ALLOC_HUGE_PAGE_FAIL : ScanResult.SCAN_SUCCEED;
    mm.mmapLock.readLock();
    if (result == ScanResult.SCAN_SUCCEED) {
      MadviseCollapse.Revalidated now = MadviseCollapse.hugepageVmaRevalidate(policy, mm, addr);
      result = now.vma() == null ? now.result() : MadviseCollapse.findPmdOrThpOrNone(mm, addr);
      if (result == ScanResult.SCAN_SUCCEED && unmapped) {
        result = collapseHugePageSwapinRaw(Objects.requireNonNull(now.vma()), addr);
      }
    }
    boolean mapped = false;
    if (result == ScanResult.SCAN_SUCCEED) {
      mm.mmapLock.readUnlock();
      mm.mmapLock.writeLock();
      result = replace(mm, addr, folio);
      mapped = result == ScanResult.SCAN_SUCCEED;
      mm.mmapLock.writeUnlock();
      mm.mmapLock.readLock();
    }
    if (!mapped && folio != Frames.NO_PAGE) {
      folios.folioPut(folio);
    }
    return result;
  }

  /** Brings pages back that are elsewhere; guards and their like are in the way. */
  @PortedFrom(
      value = "mm/khugepaged.c:__collapse_huge_page_swapin",
      fidelity = Fidelity.ADAPTED,
      differs = "by whole faults; a marker fails, as do_swap_page on it does")
  private ScanResult collapseHugePageSwapinRaw(VmArea vma, long start) {
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      PageTable table = vma.vmMm.pgTables.pteTable(start);
      if (table == null) {
        return ScanResult.SCAN_PMD_NULL;
      }
      if (SwapEntry.isSwapPte(table.getLockless(i))) {
        int ret = faults.handleMmFault(vma, start + i * PAGE_SIZE, 0);
        if ((ret & VM_FAULT_RETRY) != 0) {
          return ScanResult.SCAN_PAGE_LOCK;
        }
        if ((ret & VM_FAULT_ERROR) != 0) {
          return ScanResult.SCAN_FAIL;
        }
      }
    }
    return ScanResult.SCAN_SUCCEED;
  }

  /** The part with mmap_lock held for writing: nobody faults, and no walk over mappings looks. */
  @PortedFrom(value = "mm/khugepaged.c:collapse_huge_page", part = true)
  private ScanResult replace(Mm mm, long addr, int folio) {
    MadviseCollapse.Revalidated now = MadviseCollapse.hugepageVmaRevalidate(policy, mm, addr);
    VmArea vma = now.vma();
    if (vma == null) {
      return now.result();
    }
    ScanResult valid = MadviseCollapse.findPmdOrThpOrNone(mm, addr);
    if (valid != ScanResult.SCAN_SUCCEED) {
      return valid;
    }
    PgTables tables = mm.pgTables;
    PageTable pmdTable = Objects.requireNonNull(tables.pmdTable(addr));
    int index = pmdIndex(addr);
    PageTable table = Objects.requireNonNull(PgTables.below(pmdTable, index));
    RwSem rwsem = Objects.requireNonNull(vma.anonVma).root.rwsem;
    rwsem.writeLock();
    pmdTable.ptl.lock();
    tables.pmdpCollapseFlush(pmdTable, index);
    pmdTable.ptl.unlock();
    Set<Integer> isolated = new LinkedHashSet<>();
    table.ptl.lock();
    ScanResult result = collapseHugePageIsolateRaw(vma, addr, table, isolated);
    table.ptl.unlock();
    if (result != ScanResult.SCAN_SUCCEED) {
      releasePtePages(isolated);
      pmdTable.ptl.lock();
      tables.pmdPopulate(pmdTable, index, table);
      pmdTable.ptl.unlock();
      rwsem.writeUnlock();
      return result;
    }
    rwsem.writeUnlock();
    collapseHugePageCopyRaw(table, folio);
    collapseHugePageCopySucceededRaw(vma, table, isolated);
    pmdTable.ptl.lock();
    tables.pgtableTransHugeDeposit(pmdTable, index, table);
    hugeFaults.mapAnonFolioPmdNopf(folio, pmdTable, index, vma, addr);
    pmdTable.ptl.unlock();
    return ScanResult.SCAN_SUCCEED;
  }

  /** Takes all folios aside that are to be copied. Holds the table's lock. */
  @PortedFrom(
      value = "mm/khugepaged.c:__collapse_huge_page_isolate",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "for MADV_COLLAPSE, which has no limits; the caller lets go again")
  private ScanResult collapseHugePageIsolateRaw(
      VmArea vma, long start, PageTable table, Set<Integer> isolated) {
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      long pte = table.get(i);
      if (MadviseCollapse.pteNoneOrZero(pte)) {
        if (vma.userfaultfdArmed()) {
          return ScanResult.SCAN_EXCEED_NONE_PTE;
        }
        continue;
      }
      if (!Pte.ptePresent(pte)) {
        return ScanResult.SCAN_PTE_NON_PRESENT;
      }
      if (Pte.pteUffdWp(pte)) {
        return ScanResult.SCAN_PTE_UFFD_WP;
      }
      int page = normalPage.vmNormalPage(vma, start + i * PAGE_SIZE, pte);
      if (page == Frames.NO_PAGE) {
        return ScanResult.SCAN_PAGE_NULL;
      }
      int folio = folios.pageFolio(page);
      if (folios.folioTestLarge(folio) && isolated.contains(folio)) {
        continue;
      }
      // one of KSM's that is here more than once is locked by now: it cannot be collapsed
      if (!folios.folioTrylock(folio)) {
        return ScanResult.SCAN_PAGE_LOCK;
      }
      if (!MadviseCollapse.isRefcountSuitable(folios, folio)) {
        folios.folioUnlock(folio);
        return ScanResult.SCAN_PAGE_COUNT;
      }
      if (!folios.folioIsolateLru(folio)) {
        folios.folioUnlock(folio);
        return ScanResult.SCAN_DEL_PAGE_LRU;
      }
      isolated.add(folio);
    }
    return ScanResult.SCAN_SUCCEED;
  }

  @PortedFrom({"mm/khugepaged.c:release_pte_pages", "mm/khugepaged.c:release_pte_folio"})
  private void releasePtePages(Set<Integer> isolated) {
    for (int folio : isolated) {
      folios.folioUnlock(folio);
      folios.folioPutbackLru(folio);
    }
  }

  @PortedFrom(
      value = "mm/khugepaged.c:__collapse_huge_page_copy",
      fidelity = Fidelity.ADAPTED,
      differs = "memory has no errors here; a new folio is full of zeros already")
  private void collapseHugePageCopyRaw(PageTable table, int folio) {
    for (int i = 0; i < HPAGE_PMD_NR; i++) {
      long pte = table.get(i);
      if (!MadviseCollapse.pteNoneOrZero(pte)) {
        folios.copyMcUserHighpage(folio + i, (int) Pte.ptePfn(pte));
      }
    }
  }

  /** Empties the table, which is nowhere now, and lets go of what it mapped. */
  @PortedFrom("mm/khugepaged.c:__collapse_huge_page_copy_succeeded")
  private void collapseHugePageCopySucceededRaw(
      VmArea vma, PageTable table, Set<Integer> isolated) {
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      long pte = table.get(i);
      if (MadviseCollapse.pteNoneOrZero(pte)) {
        vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
        if (!Pte.pteNone(pte)) {
          table.ptl.lock();
          var _ = table.getAndClear(i);
          table.ptl.unlock();
          zeroPages.ksmMightUnmapZeroPage(vma.vmMm, pte);
        }
        continue;
      }
      int page = (int) Pte.ptePfn(pte);
      table.ptl.lock();
      var _ = table.getAndClear(i);
      rmap.folioRemoveRmapPtes(page, vma);
      table.ptl.unlock();
      folios.putPage(page);
    }
    for (int folio : isolated) {
      folios.folioUnlock(folio);
      swap.freeSwapCache(folio);
      folios.folioPutbackLru(folio);
    }
  }
}
