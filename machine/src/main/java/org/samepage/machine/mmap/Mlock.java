// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mlock.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.lowerAddr;
import static org.samepage.mm.units.PageUnits.pageAlignDown;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED_MASK;
import static org.samepage.mm.vma.VmFlags.VM_SPECIAL;

import org.samepage.machine.fault.Populate;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** mlock and munlock, of a process without a limit. Pages are marked nowhere: none is reclaimed. */
public final class Mlock {
  private final VmaModify modify;
  private final Populate populate;

  public Mlock(VmaModify modify, Populate populate) {
    this.modify = modify;
    this.populate = populate;
  }

  @PortedFrom(
      value = {"mm/mlock.c:do_mlock", "mm/mlock.c:__mlock_posix_error_return"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no limit")
  public int doMlock(Mm mm, long start, long len) {
    long size = pageAlignUp(len + (start & (PAGE_SIZE - 1)));
    long first = pageAlignDown(start);
    int err = applyVmaLockFlags(mm, first, size, VM_LOCKED);
    if (err != 0) {
      return err;
    }
    err = populate.mmPopulateRaw(mm, first, size, false);
    return switch (err) {
      case -Errno.EFAULT -> -Errno.ENOMEM;
      case -Errno.ENOMEM -> -Errno.EAGAIN;
      default -> err;
    };
  }

  /** munlock. */
  @PortedFrom(
      value = "mm/mlock.c:munlock",
      fidelity = Fidelity.ADAPTED,
      differs = "the body of the system call")
  public int munlock(Mm mm, long start, long len) {
    long size = pageAlignUp(len + (start & (PAGE_SIZE - 1)));
    return applyVmaLockFlags(mm, pageAlignDown(start), size, 0);
  }

  @PortedFrom("mm/mlock.c:apply_vma_lock_flags")
  private int applyVmaLockFlags(Mm mm, long start, long len, long flags) {
    long end = start + len;
    if (Long.compareUnsigned(end, start) < 0) {
      return -Errno.EINVAL;
    }
    if (end == start) {
      return 0;
    }
    mm.mmapLock.writeLock();
    try {
      long at = start;
      while (Long.compareUnsigned(at, end) < 0) {
        VmArea vma = mm.vmas.vmaLookup(at);
        if (vma == null) {
          return -Errno.ENOMEM;
        }
        long upTo = lowerAddr(end, vma.vmEnd);
        int err = mlockFixup(vma, at, upTo, (vma.vmFlags & ~VM_LOCKED_MASK) | flags);
        if (err != 0) {
          return err;
        }
        at = upTo;
      }
      return 0;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  @PortedFrom(
      value = "mm/mlock.c:mlock_fixup",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no gate, no DAX, no secret memory")
  private int mlockFixup(VmArea part, long start, long end, long newflags) {
    long oldflags = part.vmFlags;
    if (newflags == oldflags || (oldflags & VM_SPECIAL) != 0) {
      return 0;
    }
    VmArea vma = modify.vmaModifyFlags(part, start, end, newflags);
    if (vma == null) {
      return -Errno.ENOMEM;
    }
    long pages = bytesToPages(end - start);
    if ((newflags & VM_LOCKED) == 0) {
      part.vmMm.lockedVm -= pages;
    } else if ((oldflags & VM_LOCKED) == 0) {
      part.vmMm.lockedVm += pages;
    }
    vma.vmFlagsReset(newflags);
    return 0;
  }
}
