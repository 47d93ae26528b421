// SPDX-License-Identifier: GPL-2.0-only
package student;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

/** Walks what is populated, and has the fault of the posted v3. */
@StrategySpec(name = "mine", summary = "Walks what is populated, as v3 did.", origin = "lab 4")
final class MyScanStrategy implements ScanStrategy {
  private final PageWalk pageWalk;
  private final Ops ops;
  private final MmWalk walk;

  @Inject
  MyScanStrategy(Sched sched, Folios folios, NormalPage normalPage, PageWalk pageWalk) {
    this.pageWalk = pageWalk;
    this.ops = new Ops(sched, folios, normalPage);
    this.walk = new MmWalk(ops);
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
      if (cursor.address < vma.vmEnd && !ksmTestExit(mm) && found(vma, cursor, hit)) {
        return true;
      }
    }
    return false;
  }

  private boolean found(VmArea vma, KsmScan cursor, ScanHit hit) {
    if (pageWalk.walkPageRangeVma(vma, cursor.address, vma.vmEnd, walk) > 0) {
      cursor.address = ops.addr;
      hit.set(ops.page, vma);
      return true;
    }
    cursor.address = vma.vmEnd;
    return false;
  }

  private static final class Ops extends MmWalkOps {
    private final Sched sched;
    private final Folios folios;
    private final NormalPage normalPage;
    int page = Frames.NO_PAGE;
    long addr;

    Ops(Sched sched, Folios folios, NormalPage normalPage) {
      super(PageWalkLock.PGWALK_RDLOCK, WalkCallback.PMD_ENTRY);
      this.sched = sched;
      this.folios = folios;
      this.normalPage = normalPage;
    }

    @Override
    protected int pmdEntry(PageTable table, int index, long start, long end, MmWalk walk) {
      sched.condResched();
      if (!Pmd.pmdPresent(table.getLockless(index))) {
        return 0;
      }
      PageTable ptes = PgTables.below(table, index);
      if (ptes == null) {
        return 0;
      }
      ptes.ptl.lock();
      int ret = 0;
      for (long at = start; at < end && ret == 0; at += PAGE_SIZE) {
        walk.work().ptesRead++;
        long pte = ptes.get(pteIndex(at));
        int found = normalPage.vmNormalPage(walk.vma(), at, pte);
        if (found != Frames.NO_PAGE && folios.folioTestAnon(found)) {
          folios.folioGet(found);
          page = found;
          addr = at;
          ret = 1;
        }
      }
      ptes.ptl.unlock();
      return ret;
    }
  }
}
