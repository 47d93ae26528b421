// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.scan;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Arrays;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

/**
 * Ends a walk at the first candidate: a present entry of an anonymous folio. What else stands in a
 * table is passed over before anything is asked of it.
 */
class NextPageOps extends MmWalkOps {
  private final Sched sched;
  private final Folios folios;
  private final NormalPage normalPage;
  int page = Frames.NO_PAGE;
  long addr;

  /**
   * A callback for each table.
   *
   * @param more callbacks that a subclass has besides
   */
  NextPageOps(Sched sched, Folios folios, NormalPage normalPage, WalkCallback... more) {
    super(PageWalkLock.PGWALK_RDLOCK, withPmdEntry(more));
    this.sched = sched;
    this.folios = folios;
    this.normalPage = normalPage;
  }

  private static WalkCallback[] withPmdEntry(WalkCallback... more) {
    WalkCallback[] all = Arrays.copyOf(more, more.length + 1);
    all[more.length] = WalkCallback.PMD_ENTRY;
    return all;
  }

  @Override
  @PortedFrom("mm/ksm.c:ksm_next_page_pmd_entry")
  // tag::next-page[]
  protected final int pmdEntry(PageTable table, int index, long start, long end, MmWalk walk) {
    VmArea vma = walk.vma();
    if (vma == null || ksmTestExit(walk.mm())) {
      return 0;
    }
    sched.condResched();
    long pmd = table.getLockless(index);
    if (!Pmd.pmdPresent(pmd)) {
      return 0;
    }
    if (Pmd.pmdLeaf(pmd)) {
      table.ptl.lock();
      pmd = table.get(index);
      if (!Pmd.pmdPresent(pmd) || Pmd.pmdLeaf(pmd)) {
        int found = SubPage.of(pmd, vma, start, folios, normalPage);
        int ret = found == Frames.NO_PAGE ? 0 : found(found, start, walk);
        table.ptl.unlock();
        return ret;
      }
      table.ptl.unlock(); // it was split meanwhile
    }
    PageTable ptes = PgTables.pteOffsetMapLock(table, index);
    if (ptes == null) {
      return 0;
    }
    for (long at = start; at < end; at += PAGE_SIZE) {
      walk.work().ptesRead++;
      long pte = ptes.get(pteIndex(at));
      if (!Pte.ptePresent(pte)) {
        continue;
      }
      int found = normalPage.vmNormalPage(vma, at, pte);
      if (found == Frames.NO_PAGE || !folios.folioTestAnon(folios.pageFolio(found))) {
        continue;
      }
      int ret = found(found, at, walk);
      ptes.ptl.unlock();
      return ret;
    }
    ptes.ptl.unlock();
    return 0;
  }

  // end::next-page[]

  private int found(int candidate, long at, MmWalk walk) {
    folios.getPage(candidate);
    walk.work().folioGets++;
    page = candidate;
    addr = at;
    return 1;
  }
}
