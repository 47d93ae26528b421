// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mseal.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** mseal: mappings that stay as they are. */
public final class Mseal {
  private final VmaModify modify;

  public Mseal(VmaModify modify) {
    this.modify = modify;
  }

  @PortedFrom("mm/vma.h:vma_is_sealed")
  static boolean vmaIsSealed(VmArea vma) {
    return vma.has(VmFlags.VM_SEALED);
  }

  /**
   * Seals {@code [start, start + len)}.
   *
   * @param flags none
   * @return 0; {@code -ENOMEM} where a part is not mapped, with nothing sealed
   */
  @PortedFrom("mm/mseal.c:do_mseal")
  public int doMseal(Mm mm, long start, long len, long flags) {
    long size = pageAlignUp(len);
    long end = start + size;
    if (flags != 0
        || !isPageAligned(start)
        || (len != 0 && size == 0)
        || Long.compareUnsigned(end, start) < 0) {
      return -Errno.EINVAL;
    }
    if (end == start) {
      return 0;
    }
    mm.mmapLock.writeLock();
    try {
      return rangeContainsUnmapped(mm, start, end) ? -Errno.ENOMEM : msealApply(mm, start, end);
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  @PortedFrom("mm/mseal.c:range_contains_unmapped")
  private static boolean rangeContainsUnmapped(Mm mm, long start, long end) {
    long prevEnd = start;
    @Nullable VmArea vma = start < 0 ? null : mm.vmas.findVma(start);
    for (; vma != null && vma.vmStart < end; vma = mm.vmas.next(vma)) {
      if (vma.vmStart > prevEnd) {
        return true;
      }
      prevEnd = vma.vmEnd;
    }
    return Long.compareUnsigned(prevEnd, end) < 0;
  }

  @PortedFrom("mm/mseal.c:mseal_apply")
  private int msealApply(Mm mm, long start, long end) {
    long at = start;
    for (VmArea vma = mm.vmas.findVma(at);
        vma != null && vma.vmStart < end;
        vma = mm.vmas.findVma(at)) {
      long from = Math.max(at, vma.vmStart);
      long upTo = Math.min(end, vma.vmEnd);
      if (!vmaIsSealed(vma)) {
        VmArea part = modify.vmaModifyFlags(vma, from, upTo, vma.vmFlags | VmFlags.VM_SEALED);
        if (part == null) {
          return -Errno.ENOMEM;
        }
        part.vmFlags |= VmFlags.VM_SEALED;
      }
      at = upTo;
    }
    return 0;
  }
}
