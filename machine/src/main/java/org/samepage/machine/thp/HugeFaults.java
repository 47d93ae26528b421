// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_FALLBACK;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;
import static org.samepage.mm.units.PageUnits.PMD_MASK;

import org.samepage.machine.fault.parts.Userfaults;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.huge.SplitHugePmd;

/**
 * Faults on huge entries, and where one could be. Results are bits of {@code VM_FAULT_*}; with
 * {@code VM_FAULT_FALLBACK} the fault is to be resolved for one page.
 *
 * <p>Parameters: the VMA, the address of the fault, its flags, and where the entry is.
 */
public final class HugeFaults {
  private final Folios folios;
  private final AnonVmas anonVmas;
  private final AnonRmap rmap;
  private final SplitHugePmd splitHugePmd;
  private final ThpSysfs sysfs;
  private final HugeZeroFolio hugeZero;

  public HugeFaults(
      Folios folios,
      AnonVmas anonVmas,
      AnonRmap rmap,
      SplitHugePmd splitHugePmd,
      ThpSysfs sysfs,
      HugeZeroFolio hugeZero) {
    this.folios = folios;
    this.anonVmas = anonVmas;
    this.rmap = rmap;
    this.splitHugePmd = splitHugePmd;
    this.sysfs = sysfs;
    this.hugeZero = hugeZero;
  }

  /** The first access: a read maps the huge page of zeros, a write a new folio. */
  @PortedFrom(
      value = "mm/huge_memory.c:do_huge_pmd_anonymous_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no khugepaged")
  public int doHugePmdAnonymousPage(VmArea vma, long addr, int flags, PageTable table, int index) {
    if (!ThpPolicy.thpVmaSuitableOrder(vma, addr)) {
      return VM_FAULT_FALLBACK;
    }
    if (anonVmas.anonVmaPrepare(vma) != 0) {
      return VM_FAULT_OOM;
    }
    if ((flags & FAULT_FLAG_WRITE) != 0 || !sysfs.transparentHugepageUseZeroPage()) {
      return doHugePmdAnonymousPageRaw(vma, addr & PMD_MASK, flags, table, index);
    }
    PgTables tables = vma.vmMm.pgTables;
    PageTable pgtable = tables.pteAllocOne();
    if (pgtable == null) {
      return VM_FAULT_OOM;
    }
    int zero = hugeZero.mmGetHugeZeroFolio(vma.vmMm);
    if (zero == Frames.NO_PAGE) {
      tables.pteFree(pgtable);
      return VM_FAULT_FALLBACK;
    }
    table.ptl.lock();
    boolean first = Pmd.pmdNone(table.get(index));
    boolean missing = vma.userfaultfdMissing();
    if (first && !missing) {
      setHugeZeroFolio(pgtable, vma, table, index, zero);
    }
    table.ptl.unlock();
    if (!first || missing) {
      tables.pteFree(pgtable);
    }
    return first && missing ? Userfaults.handleUserfault(vma, flags) : 0;
  }

  @PortedFrom("mm/huge_memory.c:set_huge_zero_folio")
  private static void setHugeZeroFolio(
      PageTable pgtable, VmArea vma, PageTable table, int index, int zero) {
    vma.vmMm.pgTables.pgtableTransHugeDeposit(table, index, pgtable);
    table.set(index, Pmd.pmdMkspecial(Pmd.folioMkPmd(zero, vma.vmPageProt)));
    vma.vmMm.pgTables.mmIncNrPtes();
  }

  @PortedFrom(
      value = "mm/huge_memory.c:__do_huge_pmd_anonymous_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no memcg")
  private int doHugePmdAnonymousPageRaw(
      VmArea vma, long haddr, int flags, PageTable table, int index) {
    PgTables tables = vma.vmMm.pgTables;
    int folio = folios.vmaAllocFolioNoprof(vma.vmPolicy, HPAGE_PMD_ORDER);
    if (folio == Frames.NO_PAGE) {
      return VM_FAULT_FALLBACK;
    }
    PageTable pgtable = tables.pteAllocOne();
    if (pgtable == null) {
      folios.folioPut(folio);
      return VM_FAULT_OOM;
    }
    table.ptl.lock();
    boolean first = Pmd.pmdNone(table.get(index));
    boolean missing = vma.userfaultfdMissing();
    if (first && !missing) {
      tables.pgtableTransHugeDeposit(table, index, pgtable);
      mapAnonFolioPmdPf(folio, table, index, vma, haddr);
      tables.mmIncNrPtes();
    }
    table.ptl.unlock();
    if (!first || missing) {
      tables.pteFree(pgtable);
      folios.folioPut(folio);
    }
    return first && missing ? Userfaults.handleUserfault(vma, flags) : 0;
  }

  @PortedFrom("mm/huge_memory.c:map_anon_folio_pmd_pf")
  private void mapAnonFolioPmdPf(int folio, PageTable table, int index, VmArea vma, long haddr) {
    mapAnonFolioPmdNopf(folio, table, index, vma, haddr);
    vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, HPAGE_PMD_NR);
  }

  /** Maps a new folio, written and this VMA's alone. Holds the entry's lock. */
  @PortedFrom("mm/huge_memory.c:map_anon_folio_pmd_nopf")
  void mapAnonFolioPmdNopf(int folio, PageTable table, int index, VmArea vma, long haddr) {
    long entry = vma.vmMm.ptes.pteMkdirty(Pmd.folioMkPmd(folio, vma.vmPageProt));
    rmap.folioAddNewAnonRmap(folio, vma, haddr);
    table.set(index, maybePmdMkwrite(entry, vma));
  }

  @PortedFrom("mm/huge_memory.c:maybe_pmd_mkwrite")
  private static long maybePmdMkwrite(long pmd, VmArea vma) {
    return vma.has(VmFlags.VM_WRITE) ? Pmd.pmdMkwriteNovma(pmd) : pmd;
  }

  /** An access that the entry allows: a write is noted, as the processor would. */
  @PortedFrom({"mm/huge_memory.c:huge_pmd_set_accessed", "mm/huge_memory.c:touch_pmd"})
  public void hugePmdSetAccessed(VmArea vma, int flags, PageTable table, int index, long orig) {
    table.ptl.lock();
    if (table.get(index) == orig && (flags & FAULT_FLAG_WRITE) != 0) {
      table.set(index, vma.vmMm.ptes.pteMkdirty(Pmd.pmdMkyoung(orig)));
    }
    table.ptl.unlock();
  }

  /**
   * A write to, or the unsharing of, a huge entry that may not be written: the folio is taken over
   * if nobody else has it, else the entry is split.
   */
  @PortedFrom("mm/huge_memory.c:do_huge_pmd_wp_page")
  public int doHugePmdWpPage(
      VmArea vma, long addr, int flags, PageTable table, int index, long orig) {
    if (folios.frames().isHugeZeroPfn(Pmd.pmdPfn(orig))) {
      int ret = doHugeZeroWpPmd(vma, addr & PMD_MASK, table, index, orig);
      return (ret & VM_FAULT_FALLBACK) != 0 ? fallback(vma, addr, table, index) : ret;
    }
    int folio = (int) Pmd.pmdPfn(orig);
    table.ptl.lock();
    if (table.get(index) != orig) {
      table.ptl.unlock();
      return 0;
    }
    if (!folios.pageAnonExclusive(folio)) {
      if (!folios.folioTrylock(folio)) {
        folios.folioGet(folio);
        table.ptl.unlock();
        folios.folioLock(folio);
        table.ptl.lock();
        boolean same = table.get(index) == orig;
        if (!same) {
          table.ptl.unlock();
          folios.folioUnlock(folio);
        }
        folios.folioPut(folio);
        if (!same) {
          return 0;
        }
      }
      boolean alone = folios.pageAnonExclusive(folio) || takeOver(folio, vma);
      folios.folioUnlock(folio);
      if (!alone) {
        table.ptl.unlock();
        return fallback(vma, addr, table, index);
      }
    }
    if ((flags & FAULT_FLAG_UNSHARE) == 0) {
      long entry = vma.vmMm.ptes.pteMkdirty(Pmd.pmdMkyoung(orig));
      table.set(index, maybePmdMkwrite(entry, vma));
    }
    table.ptl.unlock();
    return 0;
  }

  @PortedFrom(value = "mm/huge_memory.c:do_huge_pmd_wp_page", part = true)
  private boolean takeOver(int folio, VmArea vma) {
    if (folios.folioRefCount(folio) != 1) {
      return false;
    }
    rmap.folioMoveAnonRmap(folio, vma);
    folios.setPageAnonExclusive(folio);
    return true;
  }

  private int fallback(VmArea vma, long addr, PageTable table, int index) {
    splitHugePmd.splitHugePmdRaw(vma, table, index, addr);
    return VM_FAULT_FALLBACK;
  }

  /** A write to the huge page of zeros: a new folio in its place. */
  @PortedFrom("mm/huge_memory.c:do_huge_zero_wp_pmd")
  private int doHugeZeroWpPmd(VmArea vma, long haddr, PageTable table, int index, long orig) {
    int folio = folios.vmaAllocFolioNoprof(vma.vmPolicy, HPAGE_PMD_ORDER);
    if (folio == Frames.NO_PAGE) {
      return VM_FAULT_FALLBACK;
    }
    table.ptl.lock();
    boolean same = table.get(index) == orig;
    if (same) {
      var _ = table.getAndClear(index);
      mapAnonFolioPmdPf(folio, table, index, vma, haddr);
    }
    table.ptl.unlock();
    if (!same) {
      folios.folioPut(folio);
    }
    return 0;
  }
}
