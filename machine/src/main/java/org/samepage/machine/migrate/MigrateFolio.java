// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/migrate.c.
package org.samepage.machine.migrate;

import static org.samepage.mm.phys.PageFlags.PG_ACTIVE;
import static org.samepage.mm.phys.PageFlags.PG_DIRTY;
import static org.samepage.mm.phys.PageFlags.PG_REFERENCED;
import static org.samepage.mm.phys.PageFlags.PG_SWAPBACKED;
import static org.samepage.mm.phys.PageFlags.PG_SWAPCACHE;
import static org.samepage.mm.phys.PageFlags.PG_UPTODATE;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.folio.KsmFolios;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FolioAnonVma;
import org.samepage.rmap.unmap.RemoveMigrationPtes;
import org.samepage.rmap.unmap.TryToMigrate;

/** Moves one folio to a frame of a node. */
public final class MigrateFolio {
  private final Folios folios;
  private final Frames frames;
  private final AnonVmas anonVmas;
  private final Walks walks;
  private final SwapDevice swap;
  private final KsmFolios ksm;
  private final KernelLog log;

  /** What walks over mappings. */
  public record Walks(
      FolioAnonVma anonVma, TryToMigrate tryToMigrate, RemoveMigrationPtes removeMigrationPtes) {}

  public MigrateFolio(
      Folios folios,
      AnonVmas anonVmas,
      Walks walks,
      SwapDevice swap,
      KsmFolios ksm,
      KernelLog log) {
    this.folios = folios;
    this.frames = folios.frames();
    this.anonVmas = anonVmas;
    this.walks = walks;
    this.swap = swap;
    this.ksm = ksm;
    this.log = log;
  }

  /**
   * Moves a folio. With success the old one is freed, or will be with its last reference.
   *
   * @param src isolated; given up with success, else still isolated
   * @param nid the node to move it to
   * @return the new folio's pfn, or {@link Frames#NO_PAGE} where the old one was not in use any
   *     more; {@code -EAGAIN} where somebody else has a reference; {@code -ENOMEM} where the node
   *     is full
   */
  @PortedFrom(
      value = "mm/migrate.c:migrate_folio_unmap",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "MIGRATE_SYNC; goes on to migrate_folio_move by itself; result encoded")
  public long migrateFolioUnmap(int src, int nid) {
    if (folios.folioRefCount(src) == 1) {
      migrateFolioDone(src);
      return Frames.NO_PAGE;
    }
    int dst = folios.folioAllocNoprofRaw(nid, folios.folioTestLarge(src) ? HPAGE_PMD_ORDER : 0);
    if (dst == Frames.NO_PAGE) {
      return -Errno.ENOMEM;
    }
    folios.folioLock(src);
    AnonVma anonVma = null;
    if (folios.folioTestAnon(src) && !folios.folioTestKsm(src)) {
      anonVma = walks.anonVma.folioGetAnonVma(src);
    }
    var _ = folios.folioTrylock(dst); // nobody else knows it
    boolean wasMapped = folios.folioRawMapping(src) != null && folios.folioMapped(src);
    if (wasMapped) {
      log.bugOn(
          folios.folioTestAnon(src) && !folios.folioTestKsm(src) && anonVma == null,
          "migrate_folio_unmap: no anon_vma");
      walks.tryToMigrate.tryToMigrate(src, 0);
    }
    if (!folios.folioMapped(src) && migrateFolioMove(src, dst, wasMapped, anonVma)) {
      return dst;
    }
    migrateFolioUndoSrc(src, wasMapped, anonVma);
    folios.folioUnlock(dst);
    folios.folioPut(dst);
    return -Errno.EAGAIN;
  }

  @PortedFrom(
      value = "mm/migrate.c:migrate_folio_undo_src",
      fidelity = Fidelity.ADAPTED,
      differs = "the folio is always locked here; no list")
  private void migrateFolioUndoSrc(int src, boolean wasMapped, @Nullable AnonVma anonVma) {
    if (wasMapped) {
      walks.removeMigrationPtes.removeMigrationPtes(src, src, 0);
    }
    if (anonVma != null) {
      anonVmas.putAnonVma(anonVma);
    }
    folios.folioUnlock(src);
  }

  @PortedFrom(
      value = "mm/migrate.c:migrate_folio_move",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success; the caller undoes what has to be undone")
  private boolean migrateFolioMove(int src, int dst, boolean wasMapped, @Nullable AnonVma anonVma) {
    boolean queued =
        folios.folioTestLarge(src) && folios.deferredSplit().folioTestPartiallyMapped(src);
    if (migrateFolioRaw(dst, src) != 0) {
      return false;
    }
    if (queued) {
      folios.deferredSplit().deferredSplitFolio(dst); // before anybody can see it
    }
    if (wasMapped) {
      walks.removeMigrationPtes.removeMigrationPtes(src, dst, 0);
    }
    folios.folioUnlock(dst);
    folios.folioPut(dst);
    if (anonVma != null) {
      anonVmas.putAnonVma(anonVma);
    }
    folios.folioUnlock(src);
    migrateFolioDone(src);
    return true;
  }

  @PortedFrom("mm/migrate.c:migrate_folio_done")
  private void migrateFolioDone(int src) {
    folios.folioPutbackLru(src);
  }

  /** Lets a folio take over what another is: contents, place, flags. */
  @PortedFrom({"mm/migrate.c:__migrate_folio", "mm/migrate.c:move_to_new_folio"})
  private int migrateFolioRaw(int dst, int src) {
    int expected = folioExpectedRefCount(src) + 1;
    if (folios.folioRefCount(src) != expected) {
      return -Errno.EAGAIN;
    }
    for (int i = 0; i < folios.folioNrPages(src); i++) {
      folios.copyMcUserHighpage(dst + i, src + i);
    }
    boolean file = folios.folioRawMapping(src) instanceof AddressSpace;
    int err = folioMigrateMappingRaw(dst, src, expected);
    if (err == 0) {
      folioMigrateFlags(dst, src);
      if (file) {
        frames.setMapping(src, null);
      }
    }
    return err;
  }

  /** References of caches and mappings. */
  @PortedFrom(
      value = "include/linux/mm.h:folio_expected_ref_count",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no private data; large folios are in no cache")
  private int folioExpectedRefCount(int folio) {
    boolean file = folios.folioRawMapping(folio) instanceof AddressSpace;
    boolean cached = file || folios.folioTestSwapcache(folio);
    return folios.folioMapcount(folio) + (cached ? 1 : 0);
  }

  @PortedFrom(
      value = "mm/migrate.c:__folio_migrate_mapping",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no statistics; large folios are in no cache")
  private int folioMigrateMappingRaw(int dst, int src, int expected) {
    if (folios.folioTestSwapcache(src)) {
      if (!folios.folioRefFreeze(src, expected)) {
        return -Errno.EAGAIN;
      }
      takePlace(dst, src);
      swap.swapCacheReplaceFolioRaw(src, dst);
      folios.folioRefUnfreeze(src, expected - 1);
    } else if (folios.folioRawMapping(src) instanceof AddressSpace file) {
      synchronized (file.lock) {
        if (!folios.folioRefFreeze(src, expected)) {
          return -Errno.EAGAIN;
        }
        takePlace(dst, src);
        folios.folioGet(dst);
        file.setPage(frames.index(src), dst);
        folios.folioRefUnfreeze(src, expected - 1);
      }
    } else {
      if (folios.folioTestLarge(src)) {
        if (!folios.deferredSplit().freezeAndUnqueue(src, expected)) {
          return -Errno.EAGAIN;
        }
        folios.folioRefUnfreeze(src, expected);
      }
      takePlace(dst, src);
    }
    return 0;
  }

  private void takePlace(int dst, int src) {
    frames.setIndex(dst, frames.index(src));
    frames.setMapping(dst, frames.mapping(src));
    frames.setFlag(dst, frames.flags(src) & PG_SWAPBACKED);
  }

  @PortedFrom(
      value = "mm/migrate.c:folio_migrate_flags",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the flags that there are")
  private void folioMigrateFlags(int dst, int src) {
    frames.setFlag(dst, frames.flags(src) & (PG_REFERENCED | PG_UPTODATE | PG_DIRTY | PG_ACTIVE));
    frames.clearFlag(src, PG_ACTIVE);
    ksm.folioMigrateKsm(dst, src);
    // not before: who looks for the page of a stable node waits while this flag is there
    if (folios.folioTestSwapcache(src)) {
      frames.clearFlag(src, PG_SWAPCACHE);
      frames.setPrivateWord(src, 0);
    }
  }
}
