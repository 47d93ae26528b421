// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/pagewalk.c and include/linux/pagewalk.h.
package org.samepage.pagewalk;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.PUD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pgdIndex;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.units.PageUnits.pudIndex;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.P4d;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.Pud;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;

/**
 * Goes down the tables to the folio at one address, and holds the entry's lock there.
 *
 * <p>Reusable; not for two threads. After a successful {@link #folioWalkStart} the fields say what
 * was found, and {@link #folioWalkEnd} must be called. No reference is taken: whoever wants to keep
 * the folio takes one before.
 */
@PortedFrom(
    value = "include/linux/pagewalk.h:folio_walk",
    fidelity = Fidelity.ADAPTED,
    differs = "an entry is a table and an index; the same fields for all levels")
public final class FolioWalk {
  /** Also find pages that are being moved. */
  public static final int FW_MIGRATION = 1;

  /** Also find the shared zero page, small or huge. */
  public static final int FW_ZEROPAGE = 1 << 1;

  /** Not a folio: there is a table to go on with. */
  private static final int TABLE_BELOW = -2;

  private final Sched sched;
  private final NormalPage normalPage;
  private final KernelLog log;
  private final SwapTypes swapTypes;

  /** The exact page at the address; {@link Frames#NO_PAGE} for a zero page and one being moved. */
  public int page = Frames.NO_PAGE;

  /** The kind of the entry that was found. */
  public FolioWalkLevel level = FolioWalkLevel.FW_LEVEL_PTE;

  /** The entry that was found: a word of that kind. */
  public long pte;

  /** Where it is in {@link #table}. */
  public int index;

  private @Nullable PageTable table;
  private @Nullable KernelLock held;

  /**
   * A walk that has not begun.
   *
   * @param swapTypes tells entries of pages that are being moved
   */
  public FolioWalk(Sched sched, NormalPage normalPage, KernelLog log, SwapTypes swapTypes) {
    this.sched = sched;
    this.normalPage = normalPage;
    this.log = log;
    this.swapTypes = swapTypes;
  }

  /**
   * Finds the folio at an address. Holds mmap_lock.
   *
   * @param flags 0, or of {@link #FW_MIGRATION} and {@link #FW_ZEROPAGE}
   * @return the first pfn of the folio, or {@link Frames#NO_PAGE} where nothing suitable is there;
   *     only in the first case the entry's lock is held
   */
  @PortedFrom(
      value = "mm/pagewalk.c:folio_walk_start",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "vma_pgtable_walk_begin is for hugetlb, whose tables nobody shares here")
  public int folioWalkStart(VmArea vma, long addr, int flags) {
    vma.vmMm.mmapLock.assertLocked();
    if (log.warnOnOnce(addr < vma.vmStart || addr >= vma.vmEnd, "folio_walk_start: outside VMA")) {
      return Frames.NO_PAGE;
    }
    PageTable pgd = vma.vmMm.pgTables.pgd();
    if (P4d.p4dNoneOrClearBad(pgd, pgdIndex(addr), log)) {
      return Frames.NO_PAGE;
    }
    PageTable pudTable = Objects.requireNonNull(pgd.lower(pgdIndex(addr)));
    int pudAt = pudIndex(addr);
    int folio = atPud(vma, addr, pudTable, pudAt);
    if (folio != TABLE_BELOW) {
      return folio;
    }
    PageTable pmdTable = Objects.requireNonNull(pudTable.lower(pudAt));
    int pmdAt = pmdIndex(addr);
    folio = atPmd(vma, addr, flags, pmdTable, pmdAt);
    return folio == TABLE_BELOW ? atPte(vma, addr, flags, pmdTable, pmdAt) : folio;
  }

  @PortedFrom(value = "mm/pagewalk.c:folio_walk_start", part = true)
  private int atPud(VmArea vma, long addr, PageTable pudTable, int at) {
    long pud = pudTable.getLockless(at);
    if (Pud.pudNone(pud)) {
      return Frames.NO_PAGE;
    }
    if (Pud.pudPresent(pud) && !Pud.pudLeaf(pud)) {
      return TABLE_BELOW;
    }
    pudTable.ptl.lock();
    pud = pudTable.get(at);
    fill(FolioWalkLevel.FW_LEVEL_PUD, pudTable, at, pud);
    int result = Frames.NO_PAGE;
    if (Pud.pudPresent(pud)) {
      if (!Pud.pudLeaf(pud)) {
        result = TABLE_BELOW;
      } else {
        int found = normalPage.vmNormalPagePud(vma, addr, pud);
        if (found != Frames.NO_PAGE) {
          return found(found, addr & (PUD_SIZE - 1));
        }
      }
    }
    pudTable.ptl.unlock();
    return result;
  }

  @PortedFrom(value = "mm/pagewalk.c:folio_walk_start", part = true)
  private int atPmd(VmArea vma, long addr, int flags, PageTable pmdTable, int at) {
    long pmd = pmdTable.getLockless(at);
    if (Pmd.pmdNone(pmd)) {
      return Frames.NO_PAGE;
    }
    if (Pmd.pmdPresent(pmd) && !Pmd.pmdLeaf(pmd)) {
      return TABLE_BELOW;
    }
    pmdTable.ptl.lock();
    pmd = pmdTable.get(at);
    fill(FolioWalkLevel.FW_LEVEL_PMD, pmdTable, at, pmd);
    int result = Frames.NO_PAGE;
    if (Pmd.pmdPresent(pmd)) {
      if (!Pmd.pmdLeaf(pmd)) {
        result = TABLE_BELOW;
      } else {
        int found = normalPage.vmNormalPagePmd(vma, addr, pmd);
        if (found != Frames.NO_PAGE) {
          return found(found, addr & (PMD_SIZE - 1));
        }
        if ((flags & FW_ZEROPAGE) != 0 && normalPage.isHugeZeroPmd(pmd)) {
          return foundHidden((int) Pmd.pmdPfn(pmd));
        }
      }
    } else if ((flags & FW_MIGRATION) != 0 && Pmd.isPmdMigrationEntry(pmd, swapTypes)) {
      return foundHidden((int) swapTypes.swpOffsetPfn(pmd));
    }
    pmdTable.ptl.unlock();
    return result;
  }

  @PortedFrom(value = "mm/pagewalk.c:folio_walk_start", part = true)
  private int atPte(VmArea vma, long addr, int flags, PageTable pmdTable, int pmdAt) {
    PageTable ptes = PgTables.pteOffsetMapLock(pmdTable, pmdAt);
    if (ptes == null) {
      return Frames.NO_PAGE;
    }
    sched.current().work.ptesRead++;
    int at = pteIndex(addr);
    long word = ptes.get(at);
    fill(FolioWalkLevel.FW_LEVEL_PTE, ptes, at, word);
    if (Pte.ptePresent(word)) {
      int found = normalPage.vmNormalPage(vma, addr, word);
      if (found != Frames.NO_PAGE) {
        return found(found, addr & (PAGE_SIZE - 1));
      }
      if ((flags & FW_ZEROPAGE) != 0 && Folios.isZeroPfn(Pte.ptePfn(word))) {
        return foundHidden(Folios.ZERO_PFN);
      }
    } else if ((flags & FW_MIGRATION) != 0 && swapTypes.isMigrationEntry(word)) {
      return foundHidden((int) swapTypes.swpOffsetPfn(word));
    }
    ptes.ptl.unlock();
    return Frames.NO_PAGE;
  }

  private void fill(FolioWalkLevel foundLevel, PageTable in, int at, long word) {
    level = foundLevel;
    table = in;
    index = at;
    pte = word;
  }

  /** The entry maps pages from this one on; the address is so many bytes behind its start. */
  private int found(int first, long offset) {
    page = first + (int) bytesToPages(offset);
    held = table().ptl;
    return normalPage.folioOf(first);
  }

  /** There is a folio, but nobody should take the page for one that is mapped here. */
  private int foundHidden(int folio) {
    page = Frames.NO_PAGE;
    held = table().ptl;
    return folio;
  }

  /** The table that the entry is in. */
  public PageTable table() {
    return Objects.requireNonNull(table, "no folio was found yet");
  }

  /** Lets go of what was found. */
  @PortedFrom("include/linux/pagewalk.h:folio_walk_end")
  public void folioWalkEnd() {
    KernelLock lock = Objects.requireNonNull(held, "no folio walk is under way");
    held = null;
    lock.unlock();
  }
}
