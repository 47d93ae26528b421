// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.scan;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

/**
 * Walks the tables of one VMA at a time, and so jumps over what has none.
 *
 * <p>The cost of a pass is that of the populated table entries and of one new descent for each page
 * found. Entries that are not present are passed over before anything else is asked of them.
 */
@StrategySpec(
    name = "range-walk-v5",
    summary = "Walks the populated tables of one VMA at a time; looks at present entries alone.",
    origin = "Linux 6.18, mm/ksm.c:ksm_next_page_pmd_entry")
final class RangeWalkV5ScanStrategy extends VmaByVmaScan {
  private final Sched sched;
  private final PageWalk pageWalk;
  private final KernelLog log;
  private final NextPageOps ops;
  private final MmWalk walk;

  @Inject
  RangeWalkV5ScanStrategy(
      Sched sched, PageWalk pageWalk, Folios folios, NormalPage normalPage, KernelLog log) {
    this.sched = sched;
    this.pageWalk = pageWalk;
    this.log = log;
    this.ops = new NextPageOps(sched, folios, normalPage);
    this.walk = new MmWalk(ops);
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:scan_get_next_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "the walk of one VMA alone")
  boolean nextPageOf(VmArea vma, KsmScan cursor, ScanHit hit) {
    int found = pageWalk.walkPageRangeVma(vma, cursor.address, vma.vmEnd, walk);
    if (found > 0) {
      cursor.address = ops.addr;
      hit.set(ops.page, vma);
      return true;
    }
    log.warnOnOnce(found < 0, "scan_get_next_rmap_item: the walk failed");
    cursor.address = vma.vmEnd;
    sched.condResched();
    return false;
  }

  /** Ends the walk at the first candidate. */
  private static final class NextPageOps extends MmWalkOps {
    private final Sched sched;
    private final Folios folios;
    private final NormalPage normalPage;
    int page = Frames.NO_PAGE;
    long addr;

    NextPageOps(Sched sched, Folios folios, NormalPage normalPage) {
      super(PageWalkLock.PGWALK_RDLOCK, WalkCallback.PMD_ENTRY);
      this.sched = sched;
      this.folios = folios;
      this.normalPage = normalPage;
    }

    @Override
    @PortedFrom(
        value = "mm/ksm.c:ksm_next_page_pmd_entry",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no huge pages yet")
    protected int pmdEntry(PageTable table, int index, long start, long end, MmWalk walk) {
      VmArea vma = walk.vma();
      if (vma == null || ksmTestExit(walk.mm())) {
        return 0;
      }
      sched.condResched();
      if (!Pmd.pmdPresent(table.getLockless(index))) {
        return 0;
      }
      PageTable ptes = PgTables.below(table, index);
      if (ptes == null) {
        return 0;
      }
      ptes.ptl.lock();
      for (long at = start; at < end; at += PAGE_SIZE) {
        walk.work().ptesRead++;
        long pte = ptes.get(pteIndex(at));
        if (!Pte.ptePresent(pte)) {
          continue;
        }
        int found = normalPage.vmNormalPage(vma, at, pte);
        if (found == Frames.NO_PAGE || !folios.folioTestAnon(found)) {
          continue;
        }
        folios.folioGet(found);
        walk.work().folioGets++;
        ptes.ptl.unlock();
        page = found;
        addr = at;
        return 1;
      }
      ptes.ptl.unlock();
      return 0;
    }
  }
}
