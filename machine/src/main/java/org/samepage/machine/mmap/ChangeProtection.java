// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mprotect.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/** Gives the entries of a range the protection that their VMA has now. */
public final class ChangeProtection {
  private final Folios folios;
  private final NormalPage normalPage;
  private final SwapTypes types;

  public ChangeProtection(Folios folios, NormalPage normalPage, SwapTypes types) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.types = types;
  }

  /**
   * Changes {@code [start, end)} of a VMA. Holds mmap_lock for writing.
   *
   * @param tryChangeWritable let a page be written at once that nobody else has
   */
  @PortedFrom(
      value = "mm/mprotect.c:change_protection",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no huge pages, no userfaultfd, no NUMA hints")
  void changeProtection(VmArea vma, long start, long end, boolean tryChangeWritable) {
    vma.vmMm.pgTables.forEachTable(
        start, end, (table, from, to) -> changePteRange(vma, table, from, to, tryChangeWritable));
  }

  @PortedFrom(
      value = "mm/mprotect.c:change_pte_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device memory; guard markers stay as they are")
  private void changePteRange(
      VmArea vma, PageTable table, long start, long end, boolean tryChangeWritable) {
    table.ptl.lock();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int at = pteIndex(addr);
      if (!Pte.ptePresent(table.get(at))) {
        changeNonpresent(table, at);
        continue;
      }
      long pte = Pte.pteModify(table.getAndClear(at), vma.vmPageProt);
      if (tryChangeWritable && !Pte.pteWrite(pte) && canChangePrivatePteWritable(vma, addr, pte)) {
        pte = Pte.pteMkwriteNovma(pte);
      }
      table.set(at, pte);
    }
    table.ptl.unlock();
  }

  /** A page on its way comes back read-only; whether it may be written, the next fault sees. */
  @PortedFrom(
      value = "mm/mprotect.c:change_pte_range",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "migration entries")
  private void changeNonpresent(PageTable table, int at) {
    long old = table.get(at);
    if (types.isWritableMigrationEntry(old)) {
      long offset = SwapEntry.swpOffsetRaw(old);
      boolean anon = folios.folioTestAnon((int) SwapTypes.swpOffsetPfn(old));
      long entry =
          anon
              ? types.makeReadableExclusiveMigrationEntry(offset)
              : types.makeReadableMigrationEntry(offset);
      table.set(at, SwapEntry.pteSwpUffdWp(old) ? SwapEntry.pteSwpMkuffdWp(entry) : entry);
    }
  }

  @PortedFrom(
      value = {
        "mm/mprotect.c:can_change_private_pte_writable",
        "mm/mprotect.c:maybe_change_pte_writable"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no soft-dirty, no userfaultfd")
  private boolean canChangePrivatePteWritable(VmArea vma, long addr, long pte) {
    if (Pte.pteProtnone(pte)) {
      return false;
    }
    int folio = normalPage.vmNormalPage(vma, addr, pte);
    return folio != Frames.NO_PAGE
        && folios.folioTestAnon(folio)
        && folios.pageAnonExclusive(folio);
  }
}
