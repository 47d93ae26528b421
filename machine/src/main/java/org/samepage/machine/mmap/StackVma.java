// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma_exec.c and mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pageAlignDown;
import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.mm.vma.VmFlags.VM_ACCESS_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_GROWSDOWN;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;

/**
 * A stack's VMA: it grows downwards, and exec moves it once. Methods hold mmap_lock for writing,
 * but for those that say otherwise.
 */
public final class StackVma {
  private final VmaMerge merge;
  private final VmaCommit commit;
  private final MovePageTables move;
  private final AnonVmas anonVmas;
  private final Commit memory;
  private final FailSlab failSlab;

  public StackVma(
      VmaMerge merge,
      VmaCommit commit,
      MovePageTables move,
      AnonVmas anonVmas,
      Commit memory,
      FailSlab failSlab) {
    this.memory = memory;
    this.merge = merge;
    this.commit = commit;
    this.move = move;
    this.anonVmas = anonVmas;
    this.failSlab = failSlab;
  }

  /**
   * Moves a VMA downwards, with its pages. It covers both places meanwhile, and the page offset of
   * its start stays: pages that have not moved yet are not where their index says, so that nobody
   * may look for them then.
   *
   * @param shift bytes, page-aligned
   * @return 0; -EFAULT where something else is in the way; -ENOMEM, after which the VMA may cover
   *     both places: the exec has failed
   */
  @PortedFrom("mm/vma_exec.c:relocate_vma_down")
  public int relocateVmaDown(VmArea vma, long shift) {
    Mm mm = vma.vmMm;
    long oldStart = vma.vmStart;
    long newStart = oldStart - shift;
    long oldEnd = vma.vmEnd;
    long newEnd = oldEnd - shift;
    if (mm.vmas.findVma(newStart) != vma) {
      return -Errno.EFAULT;
    }
    VmaMergeState vmg = VmaMergeState.ofNewRange(mm, newStart, oldEnd, 0, vma.vmPgoff);
    vmg.target = vma;
    vmg.next = null;
    if (merge.vmaExpand(vmg) != 0) {
      return -Errno.ENOMEM;
    }
    long len = oldEnd - oldStart;
    if (move.movePageTables(vma, vma, oldStart, newStart, len, false) != len) {
      return -Errno.ENOMEM;
    }
    VmArea next = mm.vmas.next(vma);
    long ceiling = next == null ? TASK_SIZE : next.vmStart;
    mm.pgTables.freePgdRange(Math.max(oldStart, newEnd), oldEnd, newEnd, ceiling);
    return commit.vmaShrink(vma, newStart, newEnd, vma.vmPgoff);
  }

  /**
   * Lets a stack begin further down.
   *
   * @return 0; -ENOMEM where something is in the way, a limit is reached or memory is short; -EPERM
   *     at the bottom of the address space; -EFAULT for what is no stack
   */
  @PortedFrom({"mm/vma.c:expand_downwards", "mm/mmap.c:expand_stack_locked"})
  public int expandDownwards(VmArea vma, long address) {
    if (!vma.has(VM_GROWSDOWN)) {
      return -Errno.EFAULT;
    }
    long start = pageAlignDown(address);
    Mm mm = vma.vmMm;
    if (start < UnmappedArea.MMAP_MIN_ADDR) {
      return -Errno.EPERM;
    }
    VmArea prev = mm.vmas.prev(vma);
    if (prev != null
        && !prev.has(VM_GROWSDOWN)
        && prev.has(VM_ACCESS_FLAGS)
        && start - prev.vmEnd < UnmappedArea.STACK_GUARD_GAP) {
      return -Errno.ENOMEM;
    }
    if (failSlab.shouldFailslab(Alloc.VMA_TREE) || anonVmas.anonVmaPrepare(vma) != 0) {
      return -Errno.ENOMEM;
    }
    long grow = bytesToPages(vma.vmStart - start);
    if (start < vma.vmStart) {
      if (grow > vma.vmPgoff || !acctStackGrowth(vma, vma.vmEnd - start, grow)) {
        return -Errno.ENOMEM;
      }
      setRange(vma, start, vma.vmEnd, vma.vmPgoff - grow);
      mm.vmStatAccount(vma.vmFlags, grow);
      mm.lockedVm += vma.has(VM_LOCKED) ? grow : 0;
    }
    return 0;
  }

  /** Whether the stack may become so large [bytes] by so many pages. */
  @PortedFrom(
      value = "mm/vma.c:acct_stack_growth",
      fidelity = Fidelity.ADAPTED,
      differs = "false for ENOMEM")
  private boolean acctStackGrowth(VmArea vma, long size, long grow) {
    Mm mm = vma.vmMm;
    return Limits.mayExpandVm(mm, vma.vmFlags, grow)
        && Long.compareUnsigned(size, mm.rlimits.stack) <= 0
        && Limits.mlockFutureOk(mm, vma.has(VM_LOCKED), pagesToBytes(grow))
        && memory.vmEnoughMemoryRaw(grow);
  }

  /**
   * Finds the VMA of a fault, and lets a stack grow down to it. Takes mmap_lock for reading, and
   * keeps it where there is one.
   *
   * @return null, without the lock, where there is none and no stack may grow there
   */
  @PortedFrom(
      value = "mm/mmap_lock.c:lock_mm_and_find_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "never tries to upgrade the lock it has")
  public @Nullable VmArea lockMmAndFindVma(Mm mm, long addr) {
    mm.mmapLock.readLock();
    VmArea vma = mm.vmas.findVma(addr);
    if (vma != null && vma.vmStart <= addr) {
      return vma;
    }
    if (vma == null || !vma.has(VM_GROWSDOWN)) {
      mm.mmapLock.readUnlock();
      return null;
    }
    mm.mmapLock.readUnlock();
    return expandStack(mm, addr);
  }

  /**
   * Lets a stack grow down to an address. Takes mmap_lock, and keeps it for reading where there is
   * a VMA at the address then.
   *
   * @return null, without the lock, where there is none
   */
  @PortedFrom(
      value = "mm/mmap.c:expand_stack",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller has given up the lock")
  public @Nullable VmArea expandStack(Mm mm, long addr) {
    mm.mmapLock.writeLock();
    VmArea vma = mm.vmas.findVma(addr);
    if (vma != null && (vma.vmStart <= addr || expandDownwards(vma, addr) == 0)) {
      mm.mmapLock.downgradeWrite();
      return vma;
    }
    mm.mmapLock.writeUnlock();
    return null;
  }

  private static void setRange(VmArea vma, long start, long end, long pgoff) {
    AnonVma anonVma = vma.anonVma;
    if (anonVma == null) {
      vma.vmMm.vmas.vmaSetRange(vma, start, end, pgoff);
      return;
    }
    anonVma.root.rwsem.writeLock();
    AnonVmas.anonVmaIntervalTreePreUpdateVma(vma);
    vma.vmMm.vmas.vmaSetRange(vma, start, end, pgoff);
    AnonVmas.anonVmaIntervalTreePostUpdateVma(vma);
    anonVma.root.rwsem.writeUnlock();
  }
}
