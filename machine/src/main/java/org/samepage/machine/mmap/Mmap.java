// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c and mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_ACCOUNT;
import static org.samepage.mm.vma.VmFlags.VM_MAYEXEC;
import static org.samepage.mm.vma.VmFlags.VM_MAYREAD;
import static org.samepage.mm.vma.VmFlags.VM_MAYWRITE;
import static org.samepage.mm.vma.VmFlags.VM_NORESERVE;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** mmap of private anonymous memory at a given place. */
public final class Mmap {
  /**
   * Maps private anonymous memory, as with MAP_FIXED_NOREPLACE.
   *
   * @param addr where
   * @param len bytes; rounded up to whole pages
   * @param prot of VM_READ, VM_WRITE, VM_EXEC, whose values are those of PROT_*
   * @param noreserve MAP_NORESERVE
   * @return the address, or a negative errno
   */
  @PortedFrom(
      value = {"mm/mmap.c:do_mmap", "mm/vma.c:mmap_region"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "a fixed place, private anonymous memory, nothing to merge with; no limits")
  public long doMmap(Mm mm, long addr, long len, long prot, boolean noreserve) {
    if (len == 0) {
      return -Errno.EINVAL;
    }
    long size = pageAlignUp(len);
    if (size <= 0 || size > TASK_SIZE) {
      return -Errno.ENOMEM;
    }
    if (!isPageAligned(addr)) {
      return -Errno.EINVAL;
    }
    if (addr < 0 || addr > TASK_SIZE - size) {
      return -Errno.ENOMEM;
    }
    mm.mmapLock.writeLock();
    try {
      long end = addr + size;
      if (mm.vmas.findVmaIntersection(addr, end) != null) {
        return -Errno.EEXIST;
      }
      long flags = prot | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | accounting(prot, noreserve);
      refuseNeighbours(mm, addr, end);
      mm.vmas.insert(new VmArea(mm, addr, end, flags, bytesToPages(addr)));
      mm.totalVm += bytesToPages(size);
      return addr;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  private static long accounting(long prot, boolean noreserve) {
    if (noreserve) {
      return VM_NORESERVE;
    }
    return accountableMapping(prot) ? VM_ACCOUNT : 0;
  }

  @PortedFrom(
      value = "mm/vma.c:accountable_mapping",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "private mappings that are not hugetlb")
  private static boolean accountableMapping(long vmFlags) {
    return (vmFlags & VM_WRITE) != 0;
  }

  private static void refuseNeighbours(Mm mm, long addr, long end) {
    if (mm.vmas.vmaLookup(addr - 1) != null || mm.vmas.vmaLookup(end) != null) {
      throw new NotSupportedYetException("a mapping right beside another, which may join it");
    }
  }
}
