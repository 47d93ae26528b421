// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.rmap.split;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.rmap.unmap.TtuFlags.TTU_BATCH_FLUSH;
import static org.samepage.rmap.unmap.TtuFlags.TTU_RMAP_LOCKED;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SPLIT_HUGE_PMD;
import static org.samepage.rmap.unmap.TtuFlags.TTU_SYNC;
import static org.samepage.rmap.unmap.TtuFlags.TTU_USE_SHARED_ZEROPAGE;

import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.CompoundPages;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AnonVma;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FolioAnonVma;
import org.samepage.rmap.unmap.RemoveMigrationPtes;
import org.samepage.rmap.unmap.TryToMigrate;

/** Makes folios of one page each of a large one. */
public final class SplitFolio {
  private final Sched sched;
  private final Folios folios;
  private final FolioAnonVma folioAnonVma;
  private final AnonVmas anonVmas;
  private final TryToMigrate tryToMigrate;
  private final RemoveMigrationPtes removeMigrationPtes;
  private final KernelLog log;

  public SplitFolio(
      Sched sched,
      Folios folios,
      FolioAnonVma folioAnonVma,
      AnonVmas anonVmas,
      TryToMigrate tryToMigrate,
      RemoveMigrationPtes removeMigrationPtes,
      KernelLog log) {
    this.sched = sched;
    this.folios = folios;
    this.folioAnonVma = folioAnonVma;
    this.anonVmas = anonVmas;
    this.tryToMigrate = tryToMigrate;
    this.removeMigrationPtes = removeMigrationPtes;
    this.log = log;
  }

  /** {@link #splitHugePage} by the first page. */
  @PortedFrom("include/linux/huge_mm.h:split_folio")
  public int splitFolio(int folio) {
    return splitHugePage(folio);
  }

  /**
   * The same for a folio that the caller has isolated.
   *
   * @param list takes the other pages, in order: isolated, and each with a reference
   */
  @PortedFrom("mm/huge_memory.c:split_folio_to_list")
  public int splitFolioToList(int folio, Deque<Integer> list) {
    return folioSplitRaw(folio, list);
  }

  /**
   * Splits the folio of a page. Pages that are full of zeros are mapped no more: the zero page is,
   * in their place.
   *
   * @param page of a locked folio that the caller has a reference to, and nobody else but by
   *     mappings. With success, lock and reference are this page's alone; else they stay the
   *     folio's
   * @return 0; {@code -EAGAIN} where there are other references; {@code -EBUSY} where nobody maps
   *     it any more; {@code -EINVAL} for a folio of one page
   */
  @PortedFrom("include/linux/huge_mm.h:split_huge_page")
  public int splitHugePage(int page) {
    return folioSplitRaw(page, null);
  }

  @PortedFrom(
      value = "mm/huge_memory.c:__folio_split",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous folios that are not in the swap cache, to single pages; no memcg")
  private int folioSplitRaw(int page, @Nullable Deque<Integer> list) {
    int folio = folios.pageFolio(page);
    log.bugOn(!folios.folioTestLocked(folio), "split_huge_page: folio is not locked");
    if (!folios.folioTestLarge(folio)) {
      return -Errno.EINVAL;
    }
    if (folios.folioTestSwapcache(folio)) {
      throw new IllegalStateException("a large folio in the swap cache");
    }
    AnonVma anonVma = folioAnonVma.folioGetAnonVma(folio);
    if (anonVma == null) {
      return -Errno.EBUSY;
    }
    anonVma.root.rwsem.writeLock();
    int err = -Errno.EAGAIN;
    if (folioExpectedRefCount(folio) == folios.folioRefCount(folio) - 1) {
      unmapFolio(folio);
      if (folios.deferredSplit().freezeAndUnqueue(folio, 1)) {
        CompoundPages.splitUnmappedFolioRaw(folios, sched, folio, list != null);
        err = 0;
      }
      remapPage(folio, err == 0 ? TTU_USE_SHARED_ZEROPAGE : 0);
    }
    if (err == 0) {
      for (int other = folio; other < folio + HPAGE_PMD_NR; other++) {
        if (other != page) {
          if (list != null) {
            list.addLast(other);
          }
          folios.folioUnlock(other);
          folios.folioPut(other);
        }
      }
    }
    anonVma.root.rwsem.writeUnlock();
    anonVmas.putAnonVma(anonVma);
    return err;
  }

  /** References of mappings. */
  @PortedFrom(
      value = "include/linux/mm.h:folio_expected_ref_count",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous folios outside the swap cache")
  private int folioExpectedRefCount(int folio) {
    return folios.folioMapcount(folio);
  }

  @PortedFrom(
      value = "mm/huge_memory.c:unmap_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous folios")
  private void unmapFolio(int folio) {
    tryToMigrate.tryToMigrate(
        folio, TTU_RMAP_LOCKED | TTU_SYNC | TTU_BATCH_FLUSH | TTU_SPLIT_HUGE_PMD);
  }

  /** Maps what there is now in the place of the migration entries: one folio, or each page. */
  @PortedFrom("mm/huge_memory.c:remap_page")
  private void remapPage(int folio, int flags) {
    int next;
    for (int at = folio; at < folio + HPAGE_PMD_NR; at = next) {
      next = at + folios.folioNrPages(at);
      removeMigrationPtes.removeMigrationPtes(at, at, TTU_RMAP_LOCKED | flags);
    }
  }
}
