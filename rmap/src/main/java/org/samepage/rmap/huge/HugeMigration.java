// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.rmap.huge;

import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.rmap.AnonRmap.RMAP_EXCLUSIVE;
import static org.samepage.rmap.AnonRmap.RMAP_NONE;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.PageVmaMappedWalk;

/** Migration entries for large folios that huge entries map. */
public final class HugeMigration {
  private final Folios folios;
  private final AnonRmap rmap;

  public HugeMigration(Folios folios, AnonRmap rmap) {
    this.folios = folios;
    this.rmap = rmap;
  }

  /** The entry that stands for what a huge word mapped, from this page on. */
  @PortedFrom(
      value = {
        "mm/huge_memory.c:set_pmd_migration_entry",
        "mm/huge_memory.c:__split_huge_pmd_locked"
      },
      part = true)
  static long entryFor(Mm mm, long pmd, int page, boolean anonExclusive) {
    SwapTypes types = mm.ptes.types;
    long entry =
        Pmd.pmdWrite(pmd)
            ? types.makeWritableMigrationEntry(page)
            : anonExclusive
                ? types.makeReadableExclusiveMigrationEntry(page)
                : types.makeReadableMigrationEntry(page);
    entry = Pmd.pmdYoung(pmd) ? types.makeMigrationEntryYoung(entry) : entry;
    entry = Pmd.pmdDirty(pmd) ? types.makeMigrationEntryDirty(entry) : entry;
    entry = mm.ptes.pteSoftDirty(pmd) ? mm.ptes.pteSwpMksoftDirty(entry) : entry;
    return Pmd.pmdUffdWp(pmd) ? SwapEntry.pteSwpMkuffdWp(entry) : entry;
  }

  /**
   * Puts a migration entry in the place of the huge entry that a walk has found.
   *
   * @return false where somebody may have a page pinned
   */
  @PortedFrom(
      value = "mm/huge_memory.c:set_pmd_migration_entry",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "true for success, where C returns 0; no device memory")
  public boolean setPmdMigrationEntry(PageVmaMappedWalk pvmw, int folio, VmArea vma) {
    PageTable table = pvmw.table();
    int index = pvmw.index();
    long pmd = SplitHugePmd.pmdpInvalidate(table, index);
    boolean anonExclusive = folios.folioTestAnon(folio) && folios.pageAnonExclusive(folio);
    if (anonExclusive && !rmap.folioTryShareAnonRmapPmd(folio)) {
      table.set(index, pmd);
      return false;
    }
    if (Pmd.pmdDirty(pmd)) {
      folios.folioMarkDirty(folio);
    }
    table.set(index, entryFor(vma.vmMm, pmd, folio, anonExclusive));
    rmap.folioRemoveRmapPmd(folio, vma);
    folios.folioPut(folio);
    return true;
  }

  /** Maps a large folio where the migration entry is that a walk has found. */
  @PortedFrom(
      value = "mm/huge_memory.c:remove_migration_pmd",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous folios; no device memory")
  public void removeMigrationPmd(PageVmaMappedWalk pvmw, int folio, VmArea vma) {
    PteLayout ptes = vma.vmMm.ptes;
    SwapTypes types = ptes.types;
    long old = pvmw.table().get(pvmw.index());
    folios.folioGet(folio);
    long pmde = Pmd.folioMkPmd(folio, vma.vmPageProt);
    pmde = ptes.pteSwpSoftDirty(old) ? ptes.pteMksoftDirty(pmde) : pmde;
    pmde = types.isWritableMigrationEntry(old) ? Pmd.pmdMkwriteNovma(pmde) : pmde;
    pmde = SwapEntry.pteSwpUffdWp(old) ? Pmd.pmdMkuffdWp(pmde) : pmde;
    pmde = types.isMigrationEntryYoung(old) ? pmde : Pmd.pmdMkold(pmde);
    if (folios.folioTestDirty(folio) && types.isMigrationEntryDirty(old)) {
      pmde = ptes.pteMkdirty(pmde);
    }
    int flags = types.isReadableMigrationEntry(old) ? RMAP_NONE : RMAP_EXCLUSIVE;
    rmap.folioAddAnonRmapPmd(folio, vma, pvmw.address() & PMD_MASK, flags);
    pvmw.table().set(pvmw.index(), pmde);
  }
}
