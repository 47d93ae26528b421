// SPDX-License-Identifier: GPL-2.0-only
package student;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.pagewalk.FolioWalk;

/** Finds candidates as Linux did up to 6.17: it asks for each address of a mergeable VMA. */
@StrategySpec(name = "mine", summary = "Asks for each address.", origin = "lab 3")
final class MyScanStrategy implements ScanStrategy {
  private final Sched sched;
  private final Folios folios;
  private final FolioWalk folioWalk;
  private final ProbeBudget budget;

  @Inject
  MyScanStrategy(Sched sched, Folios folios, FolioWalk folioWalk, ProbeBudget budget) {
    this.sched = sched;
    this.folios = folios;
    this.folioWalk = folioWalk;
    this.budget = budget;
  }

  @Override
  public boolean nextPage(Mm mm, KsmScan cursor, ScanHit hit) {
    for (int i = mm.vmas.positionOf(cursor.address); i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      if (!vma.has(VmFlags.VM_MERGEABLE)) {
        continue;
      }
      cursor.address = Math.max(cursor.address, vma.vmStart);
      if (vma.anonVma == null) {
        cursor.address = vma.vmEnd;
      }
      if (nextPageOf(vma, cursor, hit)) {
        return true;
      }
    }
    return false;
  }

  /** This is what stalls. */
  private boolean nextPageOf(VmArea vma, KsmScan cursor, ScanHit hit) {
    while (cursor.address < vma.vmEnd && !ksmTestExit(vma.vmMm)) {
      budget.probe();
      sched.current().work.addressesProbed++;
      int folio = folioWalk.folioWalkStart(vma, cursor.address, 0);
      if (folio != Frames.NO_PAGE) {
        boolean anon = folios.folioTestAnon(folio);
        if (anon) {
          folios.folioGet(folio);
          sched.current().work.folioGets++;
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
}
