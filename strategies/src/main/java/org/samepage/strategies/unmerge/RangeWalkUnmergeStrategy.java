// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.unmerge;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_REMOTE;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

/**
 * Walks the populated tables of the range, from one merged page to the next.
 *
 * <p>The cost is that of the table entries that there are, and of one new descent for each merged
 * page. A fault that fails with SIGBUS ends it: what lies behind stays merged, and nobody is told.
 */
@StrategySpec(
    name = "range-walk",
    summary = "Walks the populated tables of the range, from one merged page to the next.",
    origin =
        "Linux 6.19, mm/ksm.c:break_ksm, \"ksm: perform a range-walk in break_ksm\" and \"ksm:"
            + " replace function unmerge_ksm_pages with break_ksm\", with the fix d6b5a8d6f142 of"
            + " its unlock and the present test of its zero pages",
    cost = "T + E + 4h: tables, entries of the tables, a descent for each merged page",
    knownFaults =
        "A page whose fault fails with SIGBUS ends it: merged pages behind stay, and it says 0.",
    tells = "telling/b-hole: none of the addresses_probed of per-address")
final class RangeWalkUnmergeStrategy implements UnmergeStrategy {
  private final Sched sched;
  private final FaultHandler faults;
  private final PageWalk pageWalk;

  /** For each thread, as two processes may unmerge at a time. */
  private final ThreadLocal<BreakKsmOps> breakKsmOps;

  /** The same, where the walk also keeps page faults of other threads out. */
  private final ThreadLocal<BreakKsmOps> breakKsmLockVmaOps;

  @Inject
  RangeWalkUnmergeStrategy(
      Sched sched,
      Folios folios,
      NormalPage normalPage,
      SwapTypes types,
      FaultHandler faults,
      PageWalk pageWalk) {
    this.sched = sched;
    this.faults = faults;
    this.pageWalk = pageWalk;
    this.breakKsmOps =
        ThreadLocal.withInitial(
            () -> new BreakKsmOps(PageWalkLock.PGWALK_RDLOCK, sched, folios, normalPage, types));
    this.breakKsmLockVmaOps =
        ThreadLocal.withInitial(
            () -> new BreakKsmOps(PageWalkLock.PGWALK_WRLOCK, sched, folios, normalPage, types));
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:break_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "named after the extension point")
  // tag::unmerge-range[]
  public int unmergeRange(VmArea vma, long start, long end, boolean lockVma) {
    BreakKsmOps ops = lockVma ? breakKsmLockVmaOps.get() : breakKsmOps.get();
    long addr = start;
    int ret;
    do {
      sched.condResched();
      int ksmPage = pageWalk.walkPageRangeVma(vma, addr, end, ops.walk);
      if (ksmPage <= 0) {
        return ksmPage;
      }
      addr = ops.foundAddr;
      ret = faults.handleMmFault(vma, addr, FAULT_FLAG_UNSHARE | FAULT_FLAG_REMOTE);
    } while ((ret & VM_FAULT_ERROR) == 0);
    return (ret & VM_FAULT_OOM) != 0 ? -Errno.ENOMEM : 0;
  }

  // end::unmerge-range[]

  @Override
  public int breakPage(VmArea vma, long addr, boolean lockVma) {
    return unmergeRange(vma, addr, addr + PAGE_SIZE, lockVma);
  }

  /** Ends the walk at the first merged page. */
  private static final class BreakKsmOps extends MmWalkOps {
    private final Sched sched;
    private final Folios folios;
    private final NormalPage normalPage;
    private final SwapTypes types;
    final MmWalk walk;
    long foundAddr;

    BreakKsmOps(
        PageWalkLock walkLock, Sched sched, Folios folios, NormalPage normalPage, SwapTypes types) {
      super(walkLock, WalkCallback.PMD_ENTRY);
      this.sched = sched;
      this.folios = folios;
      this.normalPage = normalPage;
      this.types = types;
      this.walk = new MmWalk(this);
    }

    @Override
    @PortedFrom("mm/ksm.c:break_ksm_pmd_entry")
    protected int pmdEntry(PageTable table, int index, long start, long end, MmWalk walking) {
      VmArea vma = walking.vma();
      if (vma == null || ksmTestExit(walking.mm())) {
        return 0;
      }
      if (sched.current().signalPending()) {
        return -Errno.ERESTARTSYS;
      }
      PageTable ptes = PgTables.pteOffsetMapLock(table, index);
      if (ptes == null) {
        return 0;
      }
      boolean found = false;
      for (long addr = start; addr < end && !found; addr += PAGE_SIZE) {
        walking.work().ptesRead++;
        found = isMerged(vma, addr, ptes.get(pteIndex(addr)));
        foundAddr = addr;
      }
      ptes.ptl.unlock();
      return found ? 1 : 0;
    }

    private boolean isMerged(VmArea vma, long addr, long pte) {
      if (!Pte.ptePresent(pte)) {
        // a merged page stays one until it is freed: no need to wait for its move to end
        return types.isMigrationEntry(pte) && folios.folioTestKsm((int) types.swpOffsetPfn(pte));
      }
      int page = normalPage.vmNormalPage(vma, addr, pte);
      return (page != Frames.NO_PAGE && folios.folioTestKsm(folios.pageFolio(page)))
          || KsmZeroPte.isKsmZeroPte(pte);
    }
  }
}
