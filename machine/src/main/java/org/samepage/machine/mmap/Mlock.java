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

/** mlock and munlock. */
public final class Mlock {
  private final VmaModify modify;
  private final MlockPages mlockPages;
  private final Populate populate;

  public Mlock(VmaModify modify, MlockPages mlockPages, Populate populate) {
    this.modify = modify;
    this.mlockPages = mlockPages;
    this.populate = populate;
  }

  @PortedFrom(
      value = {"mm/mlock.c:do_mlock", "mm/mlock.c:__mlock_posix_error_return"},
      fidelity = Fidelity.ADAPTED,
      differs = "mlock alone")
  public int doMlock(Mm mm, long start, long len) {
    if (!Limits.canDoMlock(mm)) {
      return -Errno.EPERM;
    }
    long size = pageAlignUp(len + (start & (PAGE_SIZE - 1)));
    long first = pageAlignDown(start);
    int err = -Errno.ENOMEM;
    mm.mmapLock.writeLock();
    try {
      if (withinLimit(mm, first, size)) {
        err = applyVmaLockFlags(mm, first, size, VM_LOCKED);
      }
    } finally {
      mm.mmapLock.writeUnlock();
    }
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

  /** What is locked already counts once. */
  private static boolean withinLimit(Mm mm, long start, long len) {
    if (mm.rlimits.capIpcLock) {
      return true;
    }
    long limit = bytesToPages(mm.rlimits.memlock);
    long locked = bytesToPages(len) + mm.lockedVm;
    if (locked > limit) {
      locked -= countMmMlockedPageNr(mm, start, len);
    }
    return locked <= limit;
  }

  @PortedFrom("mm/mlock.c:count_mm_mlocked_page_nr")
  private static long countMmMlockedPageNr(Mm mm, long start, long len) {
    long end = Long.compareUnsigned(start + len, start) < 0 ? Long.MAX_VALUE : start + len;
    long bytes = 0;
    for (int i = mm.vmas.positionOf(start); i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      if (vma.vmStart >= end) {
        break;
      }
      if (vma.has(VM_LOCKED)) {
        bytes += Math.min(end, vma.vmEnd) - Math.max(start, vma.vmStart);
      }
    }
    return bytesToPages(bytes);
  }

  /** munlock. */
  @PortedFrom(
      value = "mm/mlock.c:munlock",
      fidelity = Fidelity.ADAPTED,
      differs = "the body of the system call")
  public int munlock(Mm mm, long start, long len) {
    long size = pageAlignUp(len + (start & (PAGE_SIZE - 1)));
    mm.mmapLock.writeLock();
    try {
      return applyVmaLockFlags(mm, pageAlignDown(start), size, 0);
    } finally {
      mm.mmapLock.writeUnlock();
    }
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
    if ((newflags & oldflags & VM_LOCKED) != 0) {
      vma.vmFlagsReset(newflags);
    } else {
      mlockPages.mlockVmaPagesRange(vma, start, end, newflags);
    }
    return 0;
  }
}
