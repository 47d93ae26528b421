// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;

import org.samepage.ksm.unmerge.KsmMadvise;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** madvise: advice about a range, which may span several VMAs and holes. */
public final class Madvise {
  /** The advice that there is so far, by the names without MADV_. */
  public enum Advice {
    DONTNEED,
    MERGEABLE,
    UNMERGEABLE
  }

  private final KsmMadvise ksm;
  private final ZapRange zap;

  public Madvise(KsmMadvise ksm, ZapRange zap) {
    this.ksm = ksm;
    this.zap = zap;
  }

  /**
   * Advises about {@code [start, start + len)}.
   *
   * @return 0, or a negative errno: {@code -ENOMEM} where a part is not mapped, after all mapped
   *     parts were advised
   */
  @PortedFrom(
      value = {"mm/madvise.c:do_madvise", "mm/madvise.c:madvise_walk_vmas"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "three kinds of advice; flags of whole VMAs alone; mmap_lock instead of VMA locks")
  public int doMadvise(Mm mm, long start, long len, Advice advice) {
    if (!isPageAligned(start)) {
      return -Errno.EINVAL;
    }
    long size = pageAlignUp(len);
    if ((len != 0 && size == 0) || start + size < start) {
      return -Errno.EINVAL;
    }
    if (size == 0) {
      return 0;
    }
    boolean write = advice != Advice.DONTNEED;
    lock(mm, write);
    try {
      return walkVmas(mm, start, start + size, advice);
    } finally {
      unlock(mm, write);
    }
  }

  private static void lock(Mm mm, boolean write) {
    if (write) {
      mm.mmapLock.writeLock();
    } else {
      mm.mmapLock.readLock();
    }
  }

  private static void unlock(Mm mm, boolean write) {
    if (write) {
      mm.mmapLock.writeUnlock();
    } else {
      mm.mmapLock.readUnlock();
    }
  }

  private int walkVmas(Mm mm, long start, long end, Advice advice) {
    int unmapped = 0;
    long at = start;
    for (int i = mm.vmas.positionOf(start); at < end; i++) {
      VmArea vma = i < mm.vmas.size() ? mm.vmas.get(i) : null;
      if (vma == null || vma.vmStart >= end) {
        return -Errno.ENOMEM;
      }
      if (at < vma.vmStart) {
        unmapped = -Errno.ENOMEM;
        at = vma.vmStart;
      }
      long upTo = Math.min(end, vma.vmEnd);
      int err = madviseVmaBehavior(vma, at, upTo, advice);
      if (err != 0) {
        return err == -Errno.ENOMEM ? -Errno.EAGAIN : err;
      }
      at = upTo;
    }
    return unmapped;
  }

  @PortedFrom(
      value = "mm/madvise.c:madvise_vma_behavior",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "three kinds of advice")
  private int madviseVmaBehavior(VmArea vma, long start, long end, Advice advice) {
    return switch (advice) {
      case DONTNEED -> madviseDontneedFree(vma, start, end);
      case MERGEABLE ->
          madviseUpdateVma(vma, start, end, ksm.ksmMadviseMergeable(vma, vma.vmFlags));
      case UNMERGEABLE -> unmergeable(vma, start, end);
    };
  }

  @PortedFrom(
      value = "mm/madvise.c:madvise_dontneed_free",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "MADV_DONTNEED alone")
  private int madviseDontneedFree(VmArea vma, long start, long end) {
    if (vma.has(VmFlags.VM_LOCKED | VmFlags.VM_PFNMAP)) {
      return -Errno.EINVAL;
    }
    zap.unmapPageRange(vma, start, end, true);
    return 0;
  }

  private int unmergeable(VmArea vma, long start, long end) {
    int err = ksm.ksmMadviseUnmergeable(vma, start, end, vma.vmFlags);
    return err != 0 ? err : madviseUpdateVma(vma, start, end, vma.vmFlags & ~VmFlags.VM_MERGEABLE);
  }

  @PortedFrom(
      value = "mm/madvise.c:madvise_update_vma",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "whole VMAs without neighbours: nothing is split or merged")
  private static int madviseUpdateVma(VmArea vma, long start, long end, long flags) {
    if (flags == vma.vmFlags) {
      return 0;
    }
    if (start != vma.vmStart || end != vma.vmEnd) {
      throw new NotSupportedYetException("advice that changes a part of a mapping");
    }
    vma.vmFlags = flags;
    return 0;
  }
}
