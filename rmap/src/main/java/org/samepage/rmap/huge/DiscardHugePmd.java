// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.rmap.huge;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;

/** Lets go of large folios that their process gave away with MADV_FREE. */
public final class DiscardHugePmd {
  private final Folios folios;
  private final AnonRmap rmap;

  public DiscardHugePmd(Folios folios, AnonRmap rmap) {
    this.folios = folios;
    this.rmap = rmap;
  }

  /**
   * Unmaps the folio without a trace, unless somebody has written it since, or holds on to it.
   * Holds the entry's lock.
   *
   * @param folio locked, with a reference of the caller's, not swap-backed
   */
  @PortedFrom({
    "mm/huge_memory.c:unmap_huge_pmd_locked",
    "mm/huge_memory.c:__discard_anon_folio_pmd_locked"
  })
  public boolean unmapHugePmdLocked(VmArea vma, PageTable table, int index, int folio) {
    if (folios.folioTestDirty(folio) || Pmd.pmdDirty(table.get(index))) {
      return false;
    }
    long pmd = table.getAndClear(index);
    int refCount = folios.folioRefCount(folio);
    int mapCount = folios.folioMapcount(folio);
    if (folios.folioTestDirty(folio) || Pmd.pmdDirty(pmd) || refCount != mapCount + 1) {
      table.set(index, pmd);
      return false;
    }
    rmap.folioRemoveRmapPmd(folio, vma);
    zapDepositedTable(vma.vmMm.pgTables, table, index);
    vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, -HPAGE_PMD_NR);
    folios.folioPut(folio);
    return true;
  }

  /** Frees the table that waited below a huge entry. Holds the entry's lock. */
  @PortedFrom(
      value = "mm/huge_memory.c:zap_deposited_table",
      fidelity = Fidelity.ADAPTED,
      differs = "takes the tables of the address space")
  public static void zapDepositedTable(PgTables tables, PageTable table, int index) {
    PageTable pgtable = tables.pgtableTransHugeWithdraw(table, index);
    tables.pteFree(pgtable);
    tables.mmDecNrPtes();
  }
}
