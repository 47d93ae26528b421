// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma_exec.c and mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pageAlignDown;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;

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
 * A stack's VMA: it grows downwards, and exec moves it once. Methods hold mmap_lock for writing.
 */
public final class StackVma {
  private final VmaMerge merge;
  private final VmaCommit commit;
  private final MovePageTables move;
  private final AnonVmas anonVmas;
  private final FailSlab failSlab;

  public StackVma(
      VmaMerge merge, VmaCommit commit, MovePageTables move, AnonVmas anonVmas, FailSlab failSlab) {
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
   * @return 0; -ENOMEM where something is in the way, or memory is short
   */
  @PortedFrom(
      value = {"mm/vma.c:expand_downwards", "mm/mmap.c:expand_stack_locked"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no limits, no guard gap to what is below")
  public int expandDownwards(VmArea vma, long address) {
    long start = pageAlignDown(address);
    Mm mm = vma.vmMm;
    if (mm.vmas.findVma(start) != vma) {
      return -Errno.ENOMEM;
    }
    if (failSlab.shouldFailslab(Alloc.VMA_TREE) || anonVmas.anonVmaPrepare(vma) != 0) {
      return -Errno.ENOMEM;
    }
    long grow = bytesToPages(vma.vmStart - start);
    if (start < vma.vmStart) {
      setRange(vma, start, vma.vmEnd, vma.vmPgoff - grow);
      mm.vmStatAccount(vma.vmFlags, grow);
      mm.lockedVm += vma.has(VM_LOCKED) ? grow : 0;
    }
    return 0;
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
