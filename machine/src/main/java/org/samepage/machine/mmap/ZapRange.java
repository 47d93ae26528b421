// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c and mm/pt_reclaim.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.machine.thp.ZapHugePmd;
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
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.huge.SplitHugePmd;

/** Empties page-table entries and lets go of the pages behind them. */
public final class ZapRange {
  private final Folios folios;
  private final NormalPage normalPage;
  private final AnonRmap rmap;
  private final KsmZeroPages zeroPages;
  private final SwapDevice swap;
  private final SwapTypes types;
  private final SplitHugePmd splitHugePmd;
  private final ZapHugePmd zapHugePmd;

  public ZapRange(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      KsmZeroPages zeroPages,
      SwapDevice swap,
      SwapTypes types,
      SplitHugePmd splitHugePmd) {
    this.splitHugePmd = splitHugePmd;
    this.zapHugePmd = new ZapHugePmd(folios, rmap);
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
    zap(vma, start, end, reclaimPt, Details.NONE);
  }

  /** Empties all of a VMA that is being unmapped: guards go too. Holds mmap_lock. */
  @PortedFrom(
      value = "mm/memory.c:unmap_single_vma",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no device memory")
  public void unmapSingleVma(VmArea vma) {
    zap(vma, vma.vmStart, vma.vmEnd, false, Details.DROP_MARKERS);
  }

  /**
   * Empties {@code [start, end)} of a VMA, because of what becomes of its file. Holds the file's
   * i_mmap_rwsem; mmap_lock is not needed.
   *
   * @param evenCows whether private pages go too
   */
  @PortedFrom(
      value = {"mm/memory.c:zap_page_range_single", "mm/memory.c:unmap_mapping_range_vma"},
      fidelity = Fidelity.ADAPTED,
      differs = "of a file's pages")
  void zapPageRangeSingle(VmArea vma, long start, long end, boolean evenCows) {
    vma.vmMm.updateHiwaterRss();
    zap(vma, start, end, false, evenCows ? Details.NONE : Details.KEEP_COWS);
  }

  /** What stays. */
  @PortedFrom(
      value = "include/linux/mm.h:zap_details",
      fidelity = Fidelity.ADAPTED,
      differs = "one of the three that there are")
  private enum Details {
    /** Markers. */
    NONE,
    /** Nothing. */
    DROP_MARKERS,
    /** Markers, and all that is no page of the file. */
    KEEP_COWS
  }

  private void zap(VmArea vma, long start, long end, boolean reclaimPt, Details details) {
    PgTables tables = vma.vmMm.pgTables;
    tables.forEachTable(
        start,
        end,
        (table, index, from, to) -> zapHuge(vma, table, index, from, to),
        (table, from, to) -> {
          zapPteRange(vma, table, from, to, details);
          if (reclaimPt && to - from == PMD_SIZE) {
            tables.tryToFreePte(from);
          }
        });
  }

  /** A huge entry goes, or is split where a part of it stays. */
  @PortedFrom(value = "mm/memory.c:zap_pmd_range", part = true)
  private boolean zapHuge(VmArea vma, PageTable table, int index, long from, long to) {
    if (to - from == PMD_SIZE) {
      return zapHugePmd.zapHugePmd(vma, table, index);
    }
    splitHugePmd.splitHugePmdRaw(vma, table, index, from);
    return false;
  }

  /** A file's page goes on, and is what the hardware has noted. */
  @PortedFrom(
      value = {"mm/memory.c:zap_present_folio_ptes", "include/linux/mm_inline.h:vma_has_recency"},
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files are not opened with advice")
  private void keepWhatTheEntryKnew(VmArea vma, int folio, long pte) {
    if (Pte.pteDirty(pte)) {
      folios.folioMarkDirty(folio);
    }
    if (Pte.pteYoung(pte) && !vma.has(VmFlags.VM_SEQ_READ | VmFlags.VM_RAND_READ)) {
      folios.folioMarkAccessed(folio);
    }
  }

  /** Empties a part of one table. */
  @PortedFrom(
      value = "mm/memory.c:zap_pte_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "pages are freed at once, not in batches")
  private void zapPteRange(VmArea vma, PageTable table, long start, long end, Details details) {
    Mm mm = vma.vmMm;
    table.ptl.lock();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int at = pteIndex(addr);
      if (Pte.pteNone(table.get(at))) {
        continue;
      }
      if (!Pte.ptePresent(table.get(at))) {
        zapNonpresentPtes(vma, table, at, details);
        continue;
      }
      int page = normalPage.vmNormalPage(vma, addr, table.get(at));
      if (!shouldZapFolio(details, page == Frames.NO_PAGE ? page : folios.pageFolio(page))) {
        continue;
      }
      long pte = table.getAndClear(at);
      if (page == Frames.NO_PAGE) {
        zeroPages.ksmMightUnmapZeroPage(mm, pte);
        continue;
      }
      int folio = folios.pageFolio(page);
      if (!folios.folioTestAnon(folio)) {
        keepWhatTheEntryKnew(vma, folio, pte);
      }
      mm.addMmCounter(Mm.mmCounter(folios, folio), -1);
      rmap.folioRemoveRmapPtes(page, vma);
      swap.freeSwapCache(folio);
      folios.folioPut(folio);
      if (details != Details.DROP_MARKERS) {
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
  private void zapNonpresentPtes(VmArea vma, PageTable table, int at, Details details) {
    long pte = table.get(at);
    if (types.isSwapSlot(pte)) {
      if (details == Details.KEEP_COWS) {
        return;
      }
      vma.vmMm.addMmCounter(Mm.MM_SWAPENTS, -1);
      swap.freeSwapAndCacheNr(SwapEntry.pteToSwpEntry(pte));
    } else if (types.isMigrationEntry(pte)) {
      int folio = folios.pageFolio((int) types.swpOffsetPfn(pte));
      if (!shouldZapFolio(details, folio)) {
        return;
      }
      vma.vmMm.addMmCounter(Mm.mmCounter(folios, folio), -1);
    } else if (details != Details.DROP_MARKERS && staysAsMarker(vma, pte)) {
      return;
    } else if (details == Details.KEEP_COWS && !PteMarker.pteMarkerUffdWp(pte)) {
      return; // memory that failed
    }
    var _ = table.getAndClear(at);
    if (details != Details.DROP_MARKERS) {
      UffdWpMarkers.pteInstallUffdWpIfNeeded(vma, table, at, pte);
    }
  }

  /** Whether a page goes; {@link Frames#NO_PAGE} is the zero page. */
  @PortedFrom({"mm/memory.c:should_zap_folio", "mm/memory.c:should_zap_cows"})
  private boolean shouldZapFolio(Details details, int folio) {
    return details != Details.KEEP_COWS || folio == Frames.NO_PAGE || !folios.folioTestAnon(folio);
  }

  /** Protection for userfaultfd goes with anonymous pages, of a file's it stays; guards stay. */
  private static boolean staysAsMarker(VmArea vma, long pte) {
    return PteMarker.pteMarkerUffdWp(pte) ? !vma.vmaIsAnonymous() : PteMarker.isGuardPteMarker(pte);
  }
}
