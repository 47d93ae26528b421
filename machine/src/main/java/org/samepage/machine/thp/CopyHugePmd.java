// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.pmdIndex;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
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
import org.samepage.rmap.huge.SplitHugePmd;

/** Copies huge entries to a child: both then share the folio until one writes. */
public final class CopyHugePmd {
  private final Folios folios;
  private final AnonRmap rmap;
  private final SplitHugePmd splitHugePmd;
  private final HugeZeroFolio hugeZero;

  public CopyHugePmd(
      Folios folios, AnonRmap rmap, SplitHugePmd splitHugePmd, HugeZeroFolio hugeZero) {
    this.folios = folios;
    this.rmap = rmap;
    this.splitHugePmd = splitHugePmd;
    this.hugeZero = hugeZero;
  }

  /**
   * Copies an entry. Holds both mmap_locks for writing.
   *
   * @return 0; {@code -ENOMEM}; {@code -EAGAIN} where the parent's entry is not huge any more: it
   *     was split, for a page may be pinned
   */
  @PortedFrom(
      value = "mm/huge_memory.c:copy_huge_pmd",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous memory; takes the addresses' tables by itself")
  public int copyHugePmd(VmArea dst, VmArea src, PageTable from, long addr) {
    int at = pmdIndex(addr);
    PgTables tables = dst.vmMm.pgTables;
    PageTable to = tables.pmdAlloc(addr);
    PageTable pgtable = to == null ? null : tables.pteAllocOne();
    if (to == null || pgtable == null) {
      return -Errno.ENOMEM;
    }
    to.ptl.lock();
    from.ptl.lockNested();
    long pmd = from.get(at);
    boolean pinned = false;
    boolean huge = PgTables.isHuge(pmd);
    if (!Pmd.pmdPresent(pmd) && huge) {
      copyHugeNonPresentPmd(dst, from, to, at, pgtable);
    } else if (huge) {
      if (folios.frames().isHugeZeroPfn(Pmd.pmdPfn(pmd))) {
        var _ = hugeZero.mmGetHugeZeroFolio(dst.vmMm); // it is there, so this cannot fail
      } else {
        int folio = (int) Pmd.pmdPfn(pmd);
        folios.folioGet(folio);
        pinned = !rmap.folioTryDupAnonRmapPmd(folio, dst, src);
        if (pinned) {
          folios.folioPut(folio);
        } else {
          dst.vmMm.addMmCounter(Mm.MM_ANONPAGES, HPAGE_PMD_NR);
        }
      }
      if (!pinned) {
        tables.mmIncNrPtes();
        tables.pgtableTransHugeDeposit(to, at, pgtable);
        from.set(at, Pmd.pmdWrprotect(pmd));
        long copy = dst.userfaultfdWp() ? pmd : Pmd.pmdClearUffdWp(pmd);
        to.set(at, Pmd.pmdMkold(Pmd.pmdWrprotect(copy)));
      }
    }
    from.ptl.unlock();
    to.ptl.unlock();
    if (!huge || pinned) {
      tables.pteFree(pgtable);
      splitHugePmd.splitHugePmdRaw(src, from, at, addr);
      return -Errno.EAGAIN;
    }
    return 0;
  }

  /** A migration entry: nobody may write what comes back. Holds both tables' locks. */
  @PortedFrom("mm/huge_memory.c:copy_huge_non_present_pmd")
  private static void copyHugeNonPresentPmd(
      VmArea dst, PageTable from, PageTable to, int at, PageTable pgtable) {
    PteLayout ptes = dst.vmMm.ptes;
    SwapTypes types = ptes.types;
    long old = from.get(at);
    long pmd = old;
    if (!types.isReadableMigrationEntry(pmd)) {
      pmd = types.makeReadableMigrationEntry(SwapEntry.swpOffsetRaw(pmd));
      pmd = ptes.pteSwpSoftDirty(old) ? ptes.pteSwpMksoftDirty(pmd) : pmd;
      pmd = SwapEntry.pteSwpUffdWp(old) ? SwapEntry.pteSwpMkuffdWp(pmd) : pmd;
      from.set(at, pmd);
    }
    dst.vmMm.addMmCounter(Mm.MM_ANONPAGES, HPAGE_PMD_NR);
    dst.vmMm.pgTables.mmIncNrPtes();
    dst.vmMm.pgTables.pgtableTransHugeDeposit(to, at, pgtable);
    to.set(at, dst.userfaultfdWp() ? pmd : SwapEntry.pteSwpClearUffdWp(pmd));
  }
}
