// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/gup.c.
package org.samepage.machine.fault;

import static org.samepage.machine.fault.Gup.FOLL_FORCE;
import static org.samepage.machine.fault.Gup.FOLL_TOUCH;
import static org.samepage.machine.fault.Gup.FOLL_UNLOCKABLE;
import static org.samepage.machine.fault.Gup.FOLL_WRITE;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.lowerAddr;
import static org.samepage.mm.vma.VmFlags.VM_IO;
import static org.samepage.mm.vma.VmFlags.VM_LOCKONFAULT;
import static org.samepage.mm.vma.VmFlags.VM_PFNMAP;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Faults in pages that nobody has touched yet. */
public final class Populate {
  private final Gup gup;

  public Populate(Gup gup) {
    this.gup = gup;
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
   * @return 0, or a negative errno with what is before the page that failed done; -EBUSY where
   *     Linux would wait for a userfaultfd
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
    return getUserPagesLockedRaw(vma, start, end, FOLL_FORCE | (write ? FOLL_WRITE : 0));
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
      if (Gup.checkVmaFlags(vma, write ? FOLL_WRITE : 0) != 0) {
        return -Errno.EINVAL;
      }
      long upTo = lowerAddr(end, vma.vmEnd);
      int err = getUserPagesLockedRaw(vma, at, upTo, write ? FOLL_WRITE : 0);
      if (err != 0) {
        return err;
      }
      at = upTo;
    }
    return 0;
  }

  @PortedFrom(
      value = "mm/gup.c:__get_user_pages_locked",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "takes no pages, just has them there")
  private int getUserPagesLockedRaw(VmArea vma, long start, long end, int flags) {
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int page = gup.getUserPagesRaw(vma, addr, flags | FOLL_TOUCH | FOLL_UNLOCKABLE);
      if (page < 0) {
        return page;
      }
    }
    return 0;
  }
}
