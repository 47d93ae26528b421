// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/migrate.c.
package org.samepage.rmap.unmap;

import static org.samepage.rmap.AnonRmap.RMAP_EXCLUSIVE;
import static org.samepage.rmap.AnonRmap.RMAP_NONE;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_MIGRATION;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_SYNC;
import static org.samepage.rmap.unmap.TtuFlags.TTU_RMAP_LOCKED;

import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalk;
import org.samepage.rmap.RmapWalkControl;

/** Puts mappings of a folio in the place of the migration entries of the one that it replaces. */
public final class RemoveMigrationPtes {
  private final Sched sched;
  private final Folios folios;
  private final AnonRmap rmap;
  private final RmapWalk walk;
  private final SwapTypes types;

  public RemoveMigrationPtes(
      Sched sched, Folios folios, AnonRmap rmap, RmapWalk walk, SwapTypes types) {
    this.sched = sched;
    this.folios = folios;
    this.rmap = rmap;
    this.walk = walk;
    this.types = types;
  }

  /**
   * Walks the VMAs of the new folio and restores every entry of the old one that it finds; what it
   * misses makes its process wait for ever.
   *
   * @param src the folio that the entries are of
   * @param dst what is to be mapped there: the new folio, or {@code src} again. Locked
   * @param flags {@link TtuFlags#TTU_RMAP_LOCKED} or 0
   */
  @PortedFrom(
      value = "mm/migrate.c:remove_migration_ptes",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "does not map pages of zeros to the zero page")
  public void removeMigrationPtes(int src, int dst, int flags) {
    RmapWalkControl rwc = new Control(src);
    if ((flags & TTU_RMAP_LOCKED) != 0) {
      walk.rmapWalkLocked(dst, rwc);
    } else {
      walk.rmapWalk(dst, rwc);
    }
  }

  private final class Control extends RmapWalkControl {
    private final int src;
    private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(types);

    Control(int src) {
      this.src = src;
    }

    @Override
    @PortedFrom(
        value = "mm/migrate.c:remove_migration_pte",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "order 0; no hugetlb, no device memory")
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      pvmw.defineFolioVmaWalk(src, vma, addr, PVMW_SYNC | PVMW_MIGRATION);
      while (pvmw.pageVmaMappedWalk()) {
        sched.current().work.ptesFound++;
        long old = pvmw.pte();
        folios.folioGet(folio);
        long pte = restored(folio, vma, old);
        if (folios.folioTestAnon(folio)) {
          boolean exclusive = !types.isReadableMigrationEntry(old);
          rmap.folioAddAnonRmapPtes(
              folio, vma, pvmw.address(), exclusive ? RMAP_EXCLUSIVE : RMAP_NONE);
        } else {
          rmap.folioAddFileRmapPtes(folio);
        }
        pvmw.table().set(pvmw.index(), pte);
      }
      return true;
    }

    private long restored(int folio, VmArea vma, long old) {
      PteLayout ptes = vma.vmMm.ptes;
      long pte = Pte.pfnPte(folio, vma.vmPageProt);
      if (!types.isMigrationEntryYoung(old)) {
        pte = Pte.pteMkold(pte);
      }
      if (folios.folioTestDirty(folio) && types.isMigrationEntryDirty(old)) {
        pte = ptes.pteMkdirty(pte);
      }
      pte = ptes.pteSwpSoftDirty(old) ? ptes.pteMksoftDirty(pte) : ptes.pteClearSoftDirty(pte);
      if (types.isWritableMigrationEntry(old)) {
        return Pte.pteMkwriteNovma(pte);
      }
      return SwapEntry.pteSwpUffdWp(old) ? Pte.pteMkuffdWp(pte) : pte;
    }
  }
}
