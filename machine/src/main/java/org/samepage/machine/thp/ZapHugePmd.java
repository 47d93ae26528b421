// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.huge.DiscardHugePmd;

/** Empties huge entries. */
public final class ZapHugePmd {
  private final Folios folios;
  private final AnonRmap rmap;

  public ZapHugePmd(Folios folios, AnonRmap rmap) {
    this.folios = folios;
    this.rmap = rmap;
  }

  /**
   * Empties an entry that lies whole in the range.
   *
   * @return false where it is not huge any more
   */
  @PortedFrom(
      value = {"mm/huge_memory.c:zap_huge_pmd", "mm/huge_memory.c:zap_huge_pmd_folio"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous memory; freed at once")
  public boolean zapHugePmd(VmArea vma, PageTable table, int index) {
    table.ptl.lock();
    if (!PgTables.isHuge(table.get(index))) {
      table.ptl.unlock();
      return false;
    }
    long pmd = table.getAndClear(index);
    int folio = Frames.NO_PAGE;
    if (!Pmd.pmdPresent(pmd)) {
      vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, -HPAGE_PMD_NR);
    } else if (!folios.frames().isHugeZeroPfn(Pmd.pmdPfn(pmd))) {
      folio = (int) Pmd.pmdPfn(pmd);
      rmap.folioRemoveRmapPmd(folio, vma);
      vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, -HPAGE_PMD_NR);
    }
    DiscardHugePmd.zapDepositedTable(vma.vmMm.pgTables, table, index);
    table.ptl.unlock();
    if (folio != Frames.NO_PAGE) {
      folios.folioPut(folio);
    }
    return true;
  }
}
