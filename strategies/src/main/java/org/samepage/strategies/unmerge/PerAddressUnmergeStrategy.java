// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c as of 6.18.
package org.samepage.strategies.unmerge;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_REMOTE;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;

import jakarta.inject.Inject;
import jakarta.inject.Provider;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.pagewalk.FolioWalk;

/**
 * Asks for each page address of the range whether a merged page is there, one folio walk each.
 *
 * <p>The cost is the size of the range, whatever is in it: 621 s for 32 TiB with one page on a real
 * 6.18.
 */
@StrategySpec(
    name = "per-address",
    summary = "One folio walk for each page address of the range.",
    origin = "Linux up to 6.18, mm/ksm.c:unmerge_ksm_pages",
    cost = "S: pages that the range could hold, whatever is in it",
    tells = "telling/b-hole: addresses_probed")
final class PerAddressUnmergeStrategy implements UnmergeStrategy {
  private final Sched sched;
  private final Folios folios;

  /** One for each thread: two processes may unmerge at a time. */
  private final ThreadLocal<FolioWalk> folioWalks;

  private final FaultHandler faults;
  private final ProbeBudget budget;

  @Inject
  PerAddressUnmergeStrategy(
      Sched sched,
      Folios folios,
      Provider<FolioWalk> folioWalks,
      FaultHandler faults,
      ProbeBudget budget) {
    this.sched = sched;
    this.folios = folios;
    this.folioWalks = ThreadLocal.withInitial(folioWalks::get);
    this.faults = faults;
    this.budget = budget;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:unmerge_ksm_pages",
      fidelity = Fidelity.ADAPTED,
      differs = "named after the extension point")
  // tag::unmerge-per-address[]
  public int unmergeRange(VmArea vma, long start, long end, boolean lockVma) {
    int err = 0;
    for (long addr = start; addr < end && err == 0; addr += PageUnits.PAGE_SIZE) {
      if (ksmTestExit(vma.vmMm)) {
        break;
      }
      err = sched.current().signalPending() ? -Errno.ERESTARTSYS : breakPage(vma, addr, lockVma);
    }
    return err;
  }

  // end::unmerge-per-address[]

  @Override
  @PortedFrom(
      value = "mm/ksm.c:break_ksm",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no per-VMA lock; named after the extension point")
  public int breakPage(VmArea vma, long addr, boolean lockVma) {
    int ret;
    do {
      sched.condResched();
      budget.probe();
      sched.current().work.addressesProbed++;
      if (!isKsmPage(vma, addr)) {
        return 0;
      }
      ret = faults.handleMmFault(vma, addr, FAULT_FLAG_UNSHARE | FAULT_FLAG_REMOTE);
    } while ((ret & VM_FAULT_ERROR) == 0);
    return (ret & VM_FAULT_OOM) != 0 ? -Errno.ENOMEM : 0;
  }

  private boolean isKsmPage(VmArea vma, long addr) {
    FolioWalk folioWalk = folioWalks.get();
    int folio = folioWalk.folioWalkStart(vma, addr, FolioWalk.FW_MIGRATION | FolioWalk.FW_ZEROPAGE);
    if (folio == Frames.NO_PAGE) {
      return false;
    }
    boolean ksm = folios.folioTestKsm(folio) || KsmZeroPte.isKsmZeroPte(folioWalk.pte);
    folioWalk.folioWalkEnd();
    return ksm;
  }

  @Override
  public long probesFor(long bytes) {
    return PageUnits.bytesToPages(bytes);
  }
}
