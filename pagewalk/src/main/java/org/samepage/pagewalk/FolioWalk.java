// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/pagewalk.c and include/linux/pagewalk.h.
package org.samepage.pagewalk;

import static org.samepage.mm.units.PageUnits.pgdIndex;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.units.PageUnits.pudIndex;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;

/**
 * Goes down the tables to the folio at one address, and holds the table's lock there.
 *
 * <p>Reusable; not for two threads. After a successful {@link #folioWalkStart} the fields say what
 * was found, and {@link #folioWalkEnd} must be called. No reference is taken: whoever wants to keep
 * the folio takes one before.
 */
@PortedFrom(
    value = "include/linux/pagewalk.h:folio_walk",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "entries of the lowest level alone: no huge pages yet")
public final class FolioWalk {
  /** Also find the shared zero page. */
  public static final int FW_ZEROPAGE = 1 << 1;

  private final Sched sched;
  private final NormalPage normalPage;
  private final KernelLog log;

  /** The exact page at the address; {@link Frames#NO_PAGE} for the zero page. */
  public int page = Frames.NO_PAGE;

  /** The entry that was found. */
  public long pte;

  private @Nullable PageTable held;

  public FolioWalk(Sched sched, NormalPage normalPage, KernelLog log) {
    this.sched = sched;
    this.normalPage = normalPage;
    this.log = log;
  }

  /**
   * Finds the folio at an address. Holds mmap_lock.
   *
   * @param flags 0 or {@link #FW_ZEROPAGE}
   * @return the folio's pfn, or {@link Frames#NO_PAGE} where nothing suitable is there; only in the
   *     first case the table's lock is held
   */
  @PortedFrom(
      value = "mm/pagewalk.c:folio_walk_start",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no huge entries, no migration entries yet")
  public int folioWalkStart(VmArea vma, long addr, int flags) {
    vma.vmMm.mmapLock.assertLocked();
    if (log.warnOnOnce(addr < vma.vmStart || addr >= vma.vmEnd, "folio_walk_start: outside VMA")) {
      return Frames.NO_PAGE;
    }
    PageTable pudTable = PgTables.below(vma.vmMm.pgTables.pgd(), pgdIndex(addr));
    if (pudTable == null) {
      return Frames.NO_PAGE;
    }
    PageTable pmdTable = PgTables.below(pudTable, pudIndex(addr));
    if (pmdTable == null) {
      return Frames.NO_PAGE;
    }
    PageTable table = PgTables.below(pmdTable, pmdIndex(addr));
    return table == null ? Frames.NO_PAGE : atPte(vma, addr, flags, table);
  }

  private int atPte(VmArea vma, long addr, int flags, PageTable table) {
    table.ptl.lock();
    sched.current().work.ptesRead++;
    pte = table.get(pteIndex(addr));
    if (Pte.ptePresent(pte)) {
      page = normalPage.vmNormalPage(vma, addr, pte);
      if (page != Frames.NO_PAGE) {
        held = table;
        return page;
      }
      if ((flags & FW_ZEROPAGE) != 0 && Folios.isZeroPfn(Pte.ptePfn(pte))) {
        held = table;
        return Folios.ZERO_PFN;
      }
    }
    table.ptl.unlock();
    return Frames.NO_PAGE;
  }

  /** Lets go of what was found. */
  @PortedFrom("include/linux/pagewalk.h:folio_walk_end")
  public void folioWalkEnd() {
    PageTable table = Objects.requireNonNull(held, "no folio walk is under way");
    held = null;
    table.ptl.unlock();
  }
}
