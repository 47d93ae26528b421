// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import static org.samepage.machine.mmap.ChangeProtection.MM_CP_TRY_CHANGE_WRITABLE;
import static org.samepage.machine.mmap.ChangeProtection.MM_CP_UFFD_WP;
import static org.samepage.machine.mmap.ChangeProtection.MM_CP_UFFD_WP_RESOLVE;

import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Gives huge entries the protection that their VMA has now. */
public final class ChangeHugePmd {
  private final Folios folios;
  private final NormalPage normalPage;

  public ChangeHugePmd(Folios folios, NormalPage normalPage) {
    this.folios = folios;
    this.normalPage = normalPage;
  }

  /**
   * Changes an entry that lies whole in the range. Holds mmap_lock.
   *
   * @return false where it is not huge any more
   */
  @PortedFrom(
      value = "mm/huge_memory.c:change_huge_pmd",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no NUMA hints")
  public boolean changeHugePmd(VmArea vma, PageTable table, int index, long addr, int cpFlags) {
    table.ptl.lock();
    try {
      long old = table.get(index);
      if (!PgTables.isHuge(old)) {
        return false;
      }
      if (!Pmd.pmdPresent(old)) {
        table.set(index, changeNonPresentHugePmd(vma.vmMm.ptes, old, cpFlags));
        return true;
      }
      long entry = Pmd.pmdModify(old, vma.vmPageProt);
      if ((cpFlags & MM_CP_UFFD_WP) != 0) {
        entry = Pmd.pmdMkuffdWp(entry);
      } else if ((cpFlags & MM_CP_UFFD_WP_RESOLVE) != 0) {
        entry = Pmd.pmdClearUffdWp(entry);
      }
      if ((cpFlags & MM_CP_TRY_CHANGE_WRITABLE) != 0
          && !Pmd.pmdWrite(entry)
          && canChangePmdWritable(vma, addr, entry)) {
        entry = Pmd.pmdMkwriteNovma(entry);
      }
      table.set(index, entry);
      return true;
    } finally {
      table.ptl.unlock();
    }
  }

  @PortedFrom(
      value = "mm/huge_memory.c:change_non_present_huge_pmd",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous memory; returns the word")
  private static long changeNonPresentHugePmd(PteLayout ptes, long old, int cpFlags) {
    SwapTypes types = ptes.types;
    long pmd = old;
    if (types.isWritableMigrationEntry(old)) {
      pmd = types.makeReadableExclusiveMigrationEntry(SwapEntry.swpOffsetRaw(old));
      pmd = ptes.pteSwpSoftDirty(old) ? ptes.pteSwpMksoftDirty(pmd) : pmd;
    }
    if ((cpFlags & MM_CP_UFFD_WP) != 0) {
      return SwapEntry.pteSwpMkuffdWp(pmd);
    }
    return (cpFlags & MM_CP_UFFD_WP_RESOLVE) != 0 ? SwapEntry.pteSwpClearUffdWp(pmd) : pmd;
  }

  /** Whether a write would find nothing to do but to make the entry writable. */
  @PortedFrom(
      value = "mm/huge_memory.c:can_change_pmd_writable",
      fidelity = Fidelity.ADAPTED,
      differs = "false, where C warns, for what may not be written")
  private boolean canChangePmdWritable(VmArea vma, long addr, long pmd) {
    if (!vma.has(VmFlags.VM_WRITE)
        || Pmd.pmdProtnone(pmd)
        || vma.pteNeedsSoftDirtyWp(pmd)
        || vma.userfaultfdPteWp(pmd)) {
      return false;
    }
    int page = normalPage.vmNormalPagePmd(vma, addr, pmd);
    return page != Frames.NO_PAGE
        && folios.folioTestAnon(folios.pageFolio(page))
        && folios.pageAnonExclusive(page);
  }
}
