// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c.
package org.samepage.rmap.unmap;

import static org.samepage.rmap.PageVmaMappedWalk.PVMW_SYNC;
import static org.samepage.rmap.unmap.TtuFlags.TTU_BATCH_FLUSH;
import static org.samepage.rmap.unmap.TtuFlags.TTU_RMAP_LOCKED;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SPLIT_HUGE_PMD;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SYNC;

import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalk;
import org.samepage.rmap.RmapWalkControl;
import org.samepage.rmap.huge.HugeMigration;
import org.samepage.rmap.huge.SplitHugePmd;

/**
 * Puts migration entries in the place of all mappings of a folio: who comes across one waits until
 * the folio has moved.
 */
public final class TryToMigrate {
  private static final int ALLOWED =
      TTU_RMAP_LOCKED | TTU_SPLIT_HUGE_PMD | TTU_SYNC | TTU_BATCH_FLUSH;

  private final Sched sched;
  private final Folios folios;
  private final AnonRmap rmap;
  private final RmapWalk walk;
  private final SwapTypes types;
  private final KernelLog log;
  private final SplitHugePmd splitHugePmd;
  private final HugeMigration hugeMigration;

  public TryToMigrate(
      Sched sched,
      Folios folios,
      AnonRmap rmap,
      RmapWalk walk,
      SplitHugePmd splitHugePmd,
      SwapTypes types,
      KernelLog log) {
    this.splitHugePmd = splitHugePmd;
    this.hugeMigration = new HugeMigration(folios, rmap);
    this.sched = sched;
    this.folios = folios;
    this.rmap = rmap;
    this.walk = walk;
    this.types = types;
    this.log = log;
  }

  /**
   * Tries it everywhere. Whether that worked, the caller sees by the mapcount.
   *
   * @param folio locked, with a reference of the caller's, and one to its anon_vma
   * @param flags of {@link TtuFlags}: RMAP_LOCKED, SPLIT_HUGE_PMD, SYNC, BATCH_FLUSH
   */
  @PortedFrom("mm/rmap.c:try_to_migrate")
  public void tryToMigrate(int folio, int flags) {
    if (log.warnOnOnce((flags & ~ALLOWED) != 0, "try_to_migrate: flags that it does not take")) {
      return;
    }
    RmapWalkControl rwc =
        new Control(flags, folios.folioTestAnon(folio) && !folios.folioTestKsm(folio));
    if ((flags & TTU_RMAP_LOCKED) != 0) {
      walk.rmapWalkLocked(folio, rwc);
    } else {
      walk.rmapWalk(folio, rwc);
    }
  }

  /** Whether a VMA is a stack that exec is about to move. */
  @PortedFrom("mm/rmap.c:invalid_migration_vma")
  static boolean invalidMigrationVma(VmArea vma) {
    return vma.vmaIsTemporaryStack();
  }

  private final class Control extends RmapWalkControl {
    private final int flags;
    private final boolean plainAnon;
    private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(folios, types);

    Control(int flags, boolean plainAnon) {
      this.flags = flags;
      this.plainAnon = plainAnon;
      this.anonLock = true;
    }

    @Override
    @PortedFrom(
        value = "mm/rmap.c:try_to_migrate_one",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no hugetlb, poison, device memory, MMU notifiers")
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      boolean split = (flags & TTU_SPLIT_HUGE_PMD) != 0;
      pvmw.defineFolioVmaWalk(folio, vma, addr, (flags & TTU_SYNC) != 0 ? PVMW_SYNC : 0);
      while (pvmw.pageVmaMappedWalk()) {
        sched.current().work.ptesFound++;
        if (pvmw.isPmd() && split) {
          splitHugePmd.splitHugePmdLocked(vma, pvmw.table(), pvmw.index(), pvmw.address(), true);
          split = false;
          pvmw.pageVmaMappedWalkRestart(); // pages that may be pinned are mapped yet
          continue;
        }
        boolean installed;
        if (pvmw.isPmd()) {
          installed = hugeMigration.setPmdMigrationEntry(pvmw, folio, vma);
        } else {
          int page = (int) Pte.ptePfn(pvmw.pte());
          installed = installEntry(folio, page, vma.vmMm.ptes);
          if (installed) {
            rmap.folioRemoveRmapPtes(page, vma);
            folios.folioPut(folio);
          }
        }
        if (!installed) {
          pvmw.pageVmaMappedWalkDone();
          return false;
        }
      }
      return true;
    }

    private boolean installEntry(int folio, int page, PteLayout ptes) {
      boolean anonExclusive = folios.folioTestAnon(folio) && folios.pageAnonExclusive(page);
      long pte = pvmw.table().getAndClear(pvmw.index());
      if (Pte.pteDirty(pte)) {
        folios.folioMarkDirty(folio);
      }
      boolean writable = Pte.pteWrite(pte);
      log.warnOnOnce(
          writable && folios.folioTestAnon(folio) && !anonExclusive,
          "try_to_migrate_one: writable, but not exclusive");
      if (anonExclusive && !rmap.folioTryShareAnonRmapPte(page)) {
        pvmw.table().set(pvmw.index(), pte);
        return false;
      }
      long entry =
          writable
              ? types.makeWritableMigrationEntry(page)
              : anonExclusive
                  ? types.makeReadableExclusiveMigrationEntry(page)
                  : types.makeReadableMigrationEntry(page);
      if (Pte.pteYoung(pte)) {
        entry = types.makeMigrationEntryYoung(entry);
      }
      if (Pte.pteDirty(pte)) {
        entry = types.makeMigrationEntryDirty(entry);
      }
      if (ptes.pteSoftDirty(pte)) {
        entry = ptes.pteSwpMksoftDirty(entry);
      }
      if (Pte.pteUffdWp(pte)) {
        entry = SwapEntry.pteSwpMkuffdWp(entry);
      }
      pvmw.table().set(pvmw.index(), entry);
      return true;
    }

    @Override
    @PortedFrom("mm/rmap.c:folio_not_mapped")
    public boolean done(int folio) {
      return !folios.folioMapped(folio);
    }

    @Override
    public boolean invalidVma(VmArea vma) {
      return plainAnon && invalidMigrationVma(vma);
    }
  }
}
