// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/gup.c.
package org.samepage.machine.fault;

import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.lowerAddr;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.vma.VmFlags.VM_IO;
import static org.samepage.mm.vma.VmFlags.VM_LOCKONFAULT;
import static org.samepage.mm.vma.VmFlags.VM_PFNMAP;
import static org.samepage.mm.vma.VmFlags.VM_READ;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Faults in pages that nobody has touched yet. */
public final class Populate {
  private final FaultHandler faults;
  private final Folios folios;

  public Populate(FaultHandler faults, Folios folios) {
    this.faults = faults;
    this.folios = folios;
  }

  /** As mlock and MAP_POPULATE do after their VMAs are made. Takes mmap_lock for reading. */
  @PortedFrom("mm/gup.c:__mm_populate")
  public int mmPopulateRaw(Mm mm, long start, long len, boolean ignoreErrors) {
    mm.mmapLock.readLock();
    try {
      long end = start + len;
      for (long at = start; at < end; ) {
        VmArea vma = mm.vmas.findVmaIntersection(at, end);
        if (vma == null) {
          break;
        }
        long upTo = Math.min(end, vma.vmEnd);
        if (!vma.has(VM_IO | VM_PFNMAP)) {
          int err = populateVmaPageRange(vma, Math.max(at, vma.vmStart), upTo);
          if (err != 0 && !ignoreErrors) {
            return err;
          }
        }
        at = upTo;
      }
      return 0;
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  /**
   * Faults a part of a VMA in, for writing where that is what makes pages its own. Holds mmap_lock.
   *
   * @return 0, or a negative errno with what is before the page that failed done
   */
  @PortedFrom(
      value = "mm/gup.c:populate_vma_page_range",
      fidelity = Fidelity.ADAPTED,
      differs = "0 for success; goes on by itself after a part")
  public int populateVmaPageRange(VmArea vma, long start, long end) {
    if (vma.has(VM_LOCKONFAULT)) {
      return 0;
    }
    boolean write = (vma.vmFlags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
    if (!vma.has(VmFlags.VM_ACCESS_FLAGS)) {
      return -Errno.EFAULT;
    }
    return getUserPagesRaw(vma, start, end, write);
  }

  /** MADV_POPULATE_READ and MADV_POPULATE_WRITE. Holds mmap_lock for reading. */
  @PortedFrom(
      value = {"mm/madvise.c:madvise_populate", "mm/gup.c:faultin_page_range"},
      fidelity = Fidelity.ADAPTED,
      differs = "0 for success; goes on by itself after a part")
  public int faultinPageRange(Mm mm, long start, long end, boolean write) {
    for (long at = start; Long.compareUnsigned(at, end) < 0; ) {
      VmArea vma = mm.vmas.vmaLookup(at);
      if (vma == null) {
        return -Errno.ENOMEM;
      }
      if (vma.has(VM_IO | VM_PFNMAP) || !vma.has(write ? VM_WRITE : VM_READ)) {
        return -Errno.EINVAL;
      }
      long upTo = lowerAddr(end, vma.vmEnd);
      int err = getUserPagesRaw(vma, at, upTo, write);
      if (err != 0) {
        return err;
      }
      at = upTo;
    }
    return 0;
  }

  @PortedFrom(
      value = {"mm/gup.c:__get_user_pages", "mm/gup.c:faultin_page"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "takes no pages, just has them there")
  private int getUserPagesRaw(VmArea vma, long start, long end, boolean write) {
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      while (!followPagePte(vma.vmMm, addr, write)) {
        int fault = faults.handleMmFault(vma, addr, write ? FAULT_FLAG_WRITE : 0) & VM_FAULT_ERROR;
        if (fault != 0) {
          return (fault & VM_FAULT_OOM) != 0 ? -Errno.ENOMEM : -Errno.EFAULT;
        }
      }
    }
    return 0;
  }

  /** Whether the page is there, and writable where that is asked for; marks it accessed. */
  @PortedFrom(
      value = "mm/gup.c:follow_page_pte",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "FOLL_TOUCH alone")
  private boolean followPagePte(Mm mm, long addr, boolean write) {
    PageTable table = mm.pgTables.pteTable(addr);
    if (table == null) {
      return false;
    }
    table.ptl.lock();
    try {
      long pte = table.get(pteIndex(addr));
      if (!Pte.ptePresent(pte) || Pte.pteProtnone(pte) || (write && !Pte.pteWrite(pte))) {
        return false;
      }
      int folio = (int) Pte.ptePfn(pte);
      if (write && !Pte.pteDirty(pte) && !folios.folioTestDirty(folio)) {
        folios.folioMarkDirty(folio);
      }
      folios.folioMarkAccessed(folio);
      return true;
    } finally {
      table.ptl.unlock();
    }
  }
}
