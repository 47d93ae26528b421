// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.vma.VmFlags.VM_HUGETLB;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;
import static org.samepage.mm.vma.VmFlags.VM_MAYBE_GUARD;
import static org.samepage.mm.vma.VmFlags.VM_SPECIAL;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;

/** Guard markers: pages that nobody may touch, without a VMA of their own. */
public final class MadviseGuard {
  private static final int MAX_MADVISE_GUARD_RETRIES = 3;

  private final AnonVmas anonVmas;
  private final ZapRange zap;

  public MadviseGuard(AnonVmas anonVmas, ZapRange zap) {
    this.anonVmas = anonVmas;
    this.zap = zap;
  }

  /** Holds mmap_lock for reading. */
  @PortedFrom(
      value = {"mm/madvise.c:madvise_guard_install", "mm/madvise.c:is_valid_guard_vma"},
      fidelity = Fidelity.ADAPTED,
      differs = "goes through the tables by itself instead of by walk_page_range_mm")
  int madviseGuardInstall(VmArea vma, long start, long end) {
    if (vma.has(VM_SPECIAL | VM_HUGETLB | VM_LOCKED)) {
      return -Errno.EINVAL;
    }
    vma.vmFlags |= VM_MAYBE_GUARD; // so a child gets the markers too
    int err = vma.vmaIsAnonymous() ? anonVmas.anonVmaPrepare(vma) : 0;
    for (int i = 0; err == 0 && i < MAX_MADVISE_GUARD_RETRIES; i++) {
      err = installAll(vma, start, end);
      if (err <= 0) {
        return err;
      }
      err = 0;
      zap.unmapPageRange(vma, start, end, false);
    }
    return err != 0 ? err : -Errno.EAGAIN;
  }

  /** Returns 1 at the first page that is in the way. */
  private static int installAll(VmArea vma, long start, long end) {
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      PageTable table = vma.vmMm.pgTables.pteAlloc(addr);
      if (table == null) {
        return -Errno.ENOMEM;
      }
      table.ptl.lock();
      long pte = table.get(pteIndex(addr));
      if (Pte.pteNone(pte)) {
        pte = PteMarker.makePteMarker(PteMarker.GUARD);
        table.set(pteIndex(addr), pte);
      }
      table.ptl.unlock();
      if (!PteMarker.isGuardPteMarker(pte)) {
        return 1;
      }
    }
    return 0;
  }

  /** Holds mmap_lock for reading. */
  @PortedFrom(
      value = {"mm/madvise.c:madvise_guard_remove", "mm/madvise.c:guard_remove_pte_entry"},
      fidelity = Fidelity.ADAPTED,
      differs = "goes through the tables by itself instead of by walk_page_range_vma")
  int madviseGuardRemove(VmArea vma, long start, long end) {
    if (vma.has(VM_SPECIAL | VM_HUGETLB)) {
      return -Errno.EINVAL;
    }
    vma.vmMm.pgTables.forEachTable(
        start,
        end,
        (table, from, to) -> {
          table.ptl.lock();
          for (long addr = from; addr < to; addr += PAGE_SIZE) {
            if (PteMarker.isGuardPteMarker(table.get(pteIndex(addr)))) {
              table.set(pteIndex(addr), 0);
            }
          }
          table.ptl.unlock();
        });
    return 0;
  }
}
