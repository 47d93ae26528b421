// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/migrate.c.
package org.samepage.rmap.unmap;

import static org.samepage.rmap.AnonRmap.RMAP_EXCLUSIVE;
import static org.samepage.rmap.AnonRmap.RMAP_NONE;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_MIGRATION;
import static org.samepage.rmap.PageVmaMappedWalk.PVMW_SYNC;
import static org.samepage.rmap.unmap.TtuFlags.TTU_RMAP_LOCKED;
import static org.samepage.rmap.unmap.TtuFlags.TTU_USE_SHARED_ZEROPAGE;

import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalk;
import org.samepage.rmap.RmapWalkControl;
import org.samepage.rmap.huge.HugeMigration;

/** Puts mappings of a folio in the place of the migration entries of the one that it replaces. */
public final class RemoveMigrationPtes {
  private final Sched sched;
  private final Folios folios;
  private final AnonRmap rmap;
  private final RmapWalk walk;
  private final SwapTypes types;
  private final HugeMigration hugeMigration;

  public RemoveMigrationPtes(
      Sched sched, Folios folios, AnonRmap rmap, RmapWalk walk, SwapTypes types) {
    this.sched = sched;
    this.folios = folios;
    this.rmap = rmap;
    this.walk = walk;
    this.types = types;
    this.hugeMigration = new HugeMigration(folios, rmap);
  }

  /**
   * Walks the VMAs of the new folio and restores every entry of the old one that it finds; what it
   * misses makes its process wait for ever.
   *
   * @param src the folio that the entries are of
   * @param dst what is to be mapped there: the new folio, or {@code src} again. Locked
   * @param flags 0, or of {@link TtuFlags#TTU_RMAP_LOCKED} and {@link
   *     TtuFlags#TTU_USE_SHARED_ZEROPAGE}
   */
  @PortedFrom("mm/migrate.c:remove_migration_ptes")
  public void removeMigrationPtes(int src, int dst, int flags) {
    RmapWalkControl rwc = new Control(src, (flags & TTU_USE_SHARED_ZEROPAGE) != 0);
    if ((flags & TTU_RMAP_LOCKED) != 0) {
      walk.rmapWalkLocked(dst, rwc);
    } else {
      walk.rmapWalk(dst, rwc);
    }
  }

  private final class Control extends RmapWalkControl {
    private final int src;
    private final boolean mapUnusedToZeropage;
    private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(folios, types);

    Control(int src, boolean mapUnusedToZeropage) {
      this.src = src;
      this.mapUnusedToZeropage = mapUnusedToZeropage;
    }

    @Override
    @PortedFrom(
        value = "mm/migrate.c:remove_migration_pte",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no hugetlb, no device memory")
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      pvmw.defineFolioVmaWalk(src, vma, addr, PVMW_SYNC | PVMW_MIGRATION);
      while (pvmw.pageVmaMappedWalk()) {
        sched.current().work.ptesFound++;
        if (pvmw.isPmd()) {
          hugeMigration.removeMigrationPmd(pvmw, folio, vma);
          continue;
        }
        long old = pvmw.pte();
        int page = folio;
        if (folios.folioTestLarge(folio)) { // never KSM's, whose index says nothing
          page += (int) (vma.linearPageIndex(pvmw.address()) - folios.frames().index(src));
        }
        if (mapUnusedToZeropage && tryToMapUnusedToZeropage(page, vma, old)) {
          continue;
        }
        folios.folioGet(folio);
        long pte = restored(folio, page, vma, old);
        if (folios.folioTestAnon(folio)) {
          boolean exclusive = !types.isReadableMigrationEntry(old);
          rmap.folioAddAnonRmapPtes(
              page, vma, pvmw.address(), exclusive ? RMAP_EXCLUSIVE : RMAP_NONE);
        } else {
          rmap.folioAddFileRmapPtes(folio, vma);
        }
        pvmw.table().set(pvmw.index(), pte);
      }
      return true;
    }

    /** Maps the zero page, if the page of a folio that was split is full of zeros. */
    @PortedFrom("mm/migrate.c:try_to_map_unused_to_zeropage")
    private boolean tryToMapUnusedToZeropage(int page, VmArea vma, long old) {
      if (folios.folioTestLarge(folios.pageFolio(page))
          || folios.folioTestMlocked(page)
          || vma.has(VmFlags.VM_LOCKED)
          || folios.memcmpPages(page, Folios.ZERO_PFN) != 0) {
        return false;
      }
      PteLayout ptes = vma.vmMm.ptes;
      long pte = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, vma.vmPageProt));
      pte = ptes.pteSwpSoftDirty(old) ? ptes.pteMksoftDirty(pte) : pte;
      pte = SwapEntry.pteSwpUffdWp(old) ? Pte.pteMkuffdWp(pte) : pte;
      pvmw.table().set(pvmw.index(), pte);
      vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, -1);
      return true;
    }

    private long restored(int folio, int page, VmArea vma, long old) {
      PteLayout ptes = vma.vmMm.ptes;
      long pte = Pte.pfnPte(page, vma.vmPageProt);
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
