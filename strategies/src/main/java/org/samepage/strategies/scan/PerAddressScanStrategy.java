// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c as of 6.17.
package org.samepage.strategies.scan;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.mm.work.WorkCounters;
import org.samepage.pagewalk.FolioWalk;

/**
 * Asks for each page address of a VMA whether a page is there, one folio walk each.
 *
 * <p>The cost of a pass is the size of the mergeable VMAs, whatever is in them: 32 TiB with one
 * page are 8,589,934,592 folio walks.
 */
@StrategySpec(
    name = "per-address",
    summary = "One folio walk for each page address of a mergeable VMA.",
    origin = "Linux up to 6.17, mm/ksm.c:scan_get_next_rmap_item",
    cost = "S: pages that the mergeable VMAs could hold, whatever is in them",
    tells = "telling/s-hole: addresses_probed, one for each page that the mappings could hold")
final class PerAddressScanStrategy extends VmaByVmaScan {
  private final Sched sched;
  private final Folios folios;
  private final FolioWalk folioWalk;
  private final ProbeBudget budget;

  @Inject
  PerAddressScanStrategy(Sched sched, Folios folios, FolioWalk folioWalk, ProbeBudget budget) {
    this.sched = sched;
    this.folios = folios;
    this.folioWalk = folioWalk;
    this.budget = budget;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:scan_get_next_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "the loop over the addresses of a VMA alone")
  // tag::per-address[]
  boolean nextPageOf(VmArea vma, KsmScan cursor, ScanHit hit) {
    WorkCounters work = sched.current().work;
    while (cursor.address < vma.vmEnd && !ksmTestExit(vma.vmMm)) {
      budget.probe();
      work.addressesProbed++;
      int folio = folioWalk.folioWalkStart(vma, cursor.address, 0);
      if (folio != Frames.NO_PAGE) {
        boolean anon = folios.folioTestAnon(folio);
        if (anon) {
          folios.folioGet(folio);
          work.folioGets++;
          hit.set(folioWalk.page, vma);
        }
        folioWalk.folioWalkEnd();
        if (anon) {
          return true;
        }
      }
      cursor.address += PageUnits.PAGE_SIZE;
      sched.condResched();
    }
    return false;
  }

  // end::per-address[]

  @Override
  public long probesPerPass(VmArea vma) {
    return vma.vmaPages();
  }
}
