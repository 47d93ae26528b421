// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c and mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_ACCOUNT;
import static org.samepage.mm.vma.VmFlags.VM_DATA_DEFAULT_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_SOFTDIRTY;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** The heap. */
public final class Brk {
  private final VmaMerge merge;
  private final Munmap munmap;
  private final Commit commit;
  private final MergeAny ksm;
  private final FailSlab failSlab;

  public Brk(VmaMerge merge, Munmap munmap, Commit commit, MergeAny ksm, FailSlab failSlab) {
    this.merge = merge;
    this.munmap = munmap;
    this.commit = commit;
    this.ksm = ksm;
    this.failSlab = failSlab;
  }

  /**
   * The system call: moves the end of the heap.
   *
   * @param brk where it is to end [bytes]
   * @return where it ends now: what was asked for, or where it ended before if that cannot be
   */
  @PortedFrom(value = "mm/mmap.c:brk", fidelity = Fidelity.SIMPLIFIED, differs = "no mlockall")
  public long brk(Mm mm, long brk) {
    mm.mmapLock.writeLock();
    try {
      long origbrk = mm.brk;
      if (Long.compareUnsigned(brk, mm.startBrk) < 0) {
        return origbrk;
      }
      if (!checkDataRlimit(mm.rlimits.data, brk, mm.startBrk)) {
        return origbrk;
      }
      long newbrk = pageAlignUp(brk);
      long oldbrk = pageAlignUp(mm.brk);
      if (oldbrk == newbrk) {
        mm.brk = brk;
        return brk;
      }
      boolean done =
          Long.compareUnsigned(brk, mm.brk) <= 0
              ? shrink(mm, newbrk, oldbrk)
              : grow(mm, oldbrk, newbrk);
      if (done) {
        mm.brk = brk;
      }
      return done ? brk : origbrk;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  /** Unmaps what is between, which the process may have mapped otherwise meanwhile. */
  private boolean shrink(Mm mm, long newbrk, long oldbrk) {
    return mm.vmas.findVmaIntersection(newbrk, oldbrk) != null
        && munmap.doMunmap(mm, newbrk, oldbrk - newbrk) == 0;
  }

  /** One page must stay free behind the heap, and before a stack its guard gap. */
  private boolean grow(Mm mm, long oldbrk, long newbrk) {
    long len = newbrk - oldbrk;
    if (checkBrkLimits(mm, oldbrk, len) != 0) {
      return false;
    }
    VmArea next =
        mm.vmas.findVmaIntersection(oldbrk, newbrk + PAGE_SIZE + UnmappedArea.STACK_GUARD_GAP);
    if (next != null && newbrk + PAGE_SIZE > UnmappedArea.vmStartGap(next)) {
      return false;
    }
    int before = mm.vmas.positionOf(oldbrk) - 1;
    VmArea brkvma = before < 0 ? null : mm.vmas.get(before);
    if (brkvma != null && brkvma.vmEnd <= mm.startBrk) {
      brkvma = null;
    }
    return doBrkFlags(mm, brkvma, oldbrk, len) == 0;
  }

  @PortedFrom(
      value = "mm/mmap.c:check_brk_limits",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no mlockall, so that nothing new is locked")
  private static int checkBrkLimits(Mm mm, long addr, long len) {
    long place = UnmappedArea.getUnmappedAreaRaw(mm, addr, len, true, true);
    return place < 0 ? (int) place : 0;
  }

  @PortedFrom(
      value = "include/linux/mm.h:check_data_rlimit",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no data but the heap; false for ENOSPC")
  private static boolean checkDataRlimit(long limit, long brk, long start) {
    return Long.compareUnsigned(brk - start, limit) <= 0;
  }

  /**
   * Maps {@code [addr, addr + len)}, where nothing is. Holds mmap_lock for writing.
   *
   * @param prev the heap so far, which grows if it ends there and is alike
   * @return 0 or -ENOMEM
   */
  @PortedFrom(
      value = "mm/vma.c:do_brk_flags",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no mlockall")
  public int doBrkFlags(Mm mm, @Nullable VmArea prev, long addr, long len) {
    long flags = ksm.ksmVmaFlags(mm, VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT);
    if (!Limits.mayExpandVm(mm, flags, bytesToPages(len))
        || mm.vmas.size() > VmaModify.MAX_MAP_COUNT
        || !commit.vmEnoughMemoryRaw(bytesToPages(len))) {
      return -Errno.ENOMEM;
    }
    VmArea vma = null;
    if (prev != null && prev.vmEnd == addr) {
      VmaMergeState vmg = VmaMergeState.ofNewRange(mm, addr, addr + len, flags, bytesToPages(addr));
      vmg.justExpand = true;
      vma = merge.vmaMergeNewRange(vmg);
      if (vmg.result == VmaMergeState.Result.NOMEM) {
        return -Errno.ENOMEM;
      }
    }
    if (vma == null) {
      if (failSlab.shouldFailslab(Alloc.VM_AREA) || failSlab.shouldFailslab(Alloc.VMA_TREE)) {
        return -Errno.ENOMEM;
      }
      vma = new VmArea(mm, addr, addr + len, flags, bytesToPages(addr));
      mm.vmas.insert(vma);
    }
    mm.totalVm += bytesToPages(len);
    mm.dataVm += bytesToPages(len);
    if (mm.ptes.pgtableSupportsSoftDirty()) {
      vma.vmFlags |= VM_SOFTDIRTY;
    }
    return 0;
  }
}
