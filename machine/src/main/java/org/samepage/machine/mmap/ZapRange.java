// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c and mm/pt_reclaim.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.machine.fault.KsmZeroPages;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.memory.UffdWpMarkers;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;

/** Empties page-table entries and lets go of the pages behind them. */
public final class ZapRange {
  private final Folios folios;
  private final NormalPage normalPage;
  private final AnonRmap rmap;
  private final KsmZeroPages zeroPages;
  private final SwapDevice swap;
  private final SwapTypes types;

  public ZapRange(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      KsmZeroPages zeroPages,
      SwapDevice swap,
      SwapTypes types) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.rmap = rmap;
    this.zeroPages = zeroPages;
    this.swap = swap;
    this.types = types;
  }

  /**
   * Empties {@code [start, end)} of a VMA. Holds mmap_lock.
   *
   * @param reclaimPt whether a page table that one call finds whole and leaves empty is freed
   */
  @PortedFrom(
      value = {
        "mm/memory.c:zap_page_range_single_batched",
        "mm/memory.c:unmap_page_range",
        "mm/memory.c:zap_pmd_range"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "the upper levels are gone through elsewhere")
  public void unmapPageRange(VmArea vma, long start, long end, boolean reclaimPt) {
    vma.vmMm.updateHiwaterRss();
    zap(vma, start, end, reclaimPt, false);
  }

  /** Empties all of a VMA that is being unmapped: guards go too. Holds mmap_lock. */
  @PortedFrom(
      value = "mm/memory.c:unmap_single_vma",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no device memory")
  public void unmapSingleVma(VmArea vma) {
    zap(vma, vma.vmStart, vma.vmEnd, false, true);
  }

  private void zap(VmArea vma, long start, long end, boolean reclaimPt, boolean dropMarkers) {
    PgTables tables = vma.vmMm.pgTables;
    tables.forEachTable(
        start,
        end,
        (table, from, to) -> {
          zapPteRange(vma, table, from, to, dropMarkers);
          if (reclaimPt && to - from == PMD_SIZE) {
            tables.tryToFreePte(from);
          }
        });
  }

  /** Which of the counters a page is counted in. */
  @PortedFrom(
      value = "include/linux/mm.h:mm_counter",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "all files are in memory")
  public static int mmCounter(Folios folios, int folio) {
    return folios.folioTestAnon(folio) ? Mm.MM_ANONPAGES : Mm.MM_SHMEMPAGES;
  }

  /** A file's page goes on, and is what the hardware has noted. */
  @PortedFrom(
      value = {"mm/memory.c:zap_present_folio_ptes", "include/linux/mm_inline.h:vma_has_recency"},
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no advice to read in order or at random")
  private void keepWhatTheEntryKnew(int folio, long pte) {
    if (Pte.pteDirty(pte)) {
      folios.folioMarkDirty(folio);
    }
    if (Pte.pteYoung(pte)) {
      folios.folioMarkAccessed(folio);
    }
  }

  /** Empties a part of one table. */
  @PortedFrom(
      value = "mm/memory.c:zap_pte_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "pages are freed at once, not in batches")
  private void zapPteRange(VmArea vma, PageTable table, long start, long end, boolean dropMarkers) {
    Mm mm = vma.vmMm;
    table.ptl.lock();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int at = pteIndex(addr);
      if (Pte.pteNone(table.get(at))) {
        continue;
      }
      if (!Pte.ptePresent(table.get(at))) {
        zapNonpresentPtes(vma, table, at, dropMarkers);
        continue;
      }
      long pte = table.getAndClear(at);
      int folio = normalPage.vmNormalPage(vma, addr, pte);
      if (folio == Frames.NO_PAGE) {
        zeroPages.ksmMightUnmapZeroPage(mm, pte);
        continue;
      }
      if (!folios.folioTestAnon(folio)) {
        keepWhatTheEntryKnew(folio, pte);
      }
      mm.addMmCounter(mmCounter(folios, folio), -1);
      rmap.folioRemoveRmapPtes(folio);
      swap.freeSwapCache(folio);
      folios.folioPut(folio);
      if (!dropMarkers) {
        UffdWpMarkers.pteInstallUffdWpIfNeeded(vma, table, at, pte);
      }
    }
    table.ptl.unlock();
  }

  /** Empties an entry that is not present: lets go of a slot, or of a page on its way. */
  @PortedFrom(
      value = "mm/memory.c:zap_nonpresent_ptes",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one entry; no device memory")
  private void zapNonpresentPtes(VmArea vma, PageTable table, int at, boolean dropMarkers) {
    long pte = table.get(at);
    if (types.isSwapSlot(pte)) {
      vma.vmMm.addMmCounter(Mm.MM_SWAPENTS, -1);
      swap.freeSwapAndCacheNr(SwapEntry.pteToSwpEntry(pte));
    } else if (types.isMigrationEntry(pte)) {
      vma.vmMm.addMmCounter(mmCounter(folios, (int) types.swpOffsetPfn(pte)), -1);
    } else if (!dropMarkers && staysAsMarker(vma, pte)) {
      return;
    }
    var _ = table.getAndClear(at);
    if (!dropMarkers) {
      UffdWpMarkers.pteInstallUffdWpIfNeeded(vma, table, at, pte);
    }
  }

  /** Protection for userfaultfd goes with anonymous pages, of a file's it stays; guards stay. */
  private static boolean staysAsMarker(VmArea vma, long pte) {
    return PteMarker.pteMarkerUffdWp(pte) ? !vma.vmaIsAnonymous() : PteMarker.isGuardPteMarker(pte);
  }
}
