// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.file.SharedFiles;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FileVmas;
import org.samepage.rmap.huge.SplitHugePmd;

/**
 * Moves the ends of VMAs, in the tree of VMAs and in the interval trees, and lets go of those that
 * are swallowed. Holds mmap_lock for writing.
 */
public final class VmaCommit {
  private final AnonVmas anonVmas;
  private final SharedFiles files;
  private final FailSlab failSlab;
  private final SplitHugePmd splitHugePmd;

  public VmaCommit(
      AnonVmas anonVmas, SharedFiles files, SplitHugePmd splitHugePmd, FailSlab failSlab) {
    this.splitHugePmd = splitHugePmd;
    this.anonVmas = anonVmas;
    this.files = files;
    this.failSlab = failSlab;
  }

  /**
   * Does a merge that has been decided.
   *
   * @return 0, or {@code -ENOMEM} with no VMA changed
   */
  @PortedFrom(
      value = {
        "mm/vma.c:commit_merge",
        "mm/vma.c:vmg_adjust_set_range",
        "mm/vma.c:vma_prepare",
        "mm/vma.c:vma_complete"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "what is swallowed leaves the tree first")
  int commitMerge(VmaMergeState vmg) {
    VmArea middle = vmg.middle;
    VmArea next = vmg.next;
    VmArea vma = Objects.requireNonNull(vmg.adjustNextStart ? middle : vmg.target);
    VmArea adjust = vmg.adjustMiddleStart ? middle : vmg.adjustNextStart ? next : null;
    AnonVma anonVma = vma.anonVma != null || adjust == null ? vma.anonVma : adjust.anonVma;
    if (failSlab.shouldFailslab(Alloc.VMA_TREE)) {
      return -Errno.ENOMEM;
    }
    lockAndTakeOut(anonVma, vma, adjust);
    VmArea gone = vmg.removeMiddle ? middle : null;
    VmArea gone2 = vmg.removeNext ? next : null;
    removeFromTree(vmg, gone);
    removeFromTree(vmg, gone2);
    long end = vmg.end;
    splitHugePmd.vmaAdjustTransHuge(vma, vmg.start, end, vmg.adjustMiddleStart ? middle : null);
    if (adjust != null && vmg.adjustMiddleStart) {
      vmg.mm.vmas.vmaSetRange(adjust, end, adjust.vmEnd, adjust.linearPageIndex(end));
    }
    vmg.mm.vmas.vmaSetRange(vma, vmg.start, end, vmg.pgoff);
    if (adjust != null && vmg.adjustNextStart) {
      vmg.mm.vmas.vmaSetRange(
          adjust, end, adjust.vmEnd, adjust.vmPgoff - PageUnits.bytesToPages(adjust.vmStart - end));
    }
    putBackAndUnlock(anonVma, vma, adjust);
    free(vma, gone);
    free(vma, gone2);
    return 0;
  }

  /**
   * Cuts a VMA short; what is behind or before it is nobody's then.
   *
   * @return 0, or {@code -ENOMEM} with nothing changed
   */
  @PortedFrom("mm/vma.c:vma_shrink")
  int vmaShrink(VmArea vma, long start, long end, long pgoff) {
    if (failSlab.shouldFailslab(Alloc.VMA_TREE)) {
      return -Errno.ENOMEM;
    }
    lockAndTakeOut(vma.anonVma, vma, null);
    splitHugePmd.vmaAdjustTransHuge(vma, start, end, null);
    vma.vmMm.vmas.vmaSetRange(vma, start, end, pgoff);
    putBackAndUnlock(vma.anonVma, vma, null);
    return 0;
  }

  private static void lockAndTakeOut(
      @Nullable AnonVma anonVma, VmArea vma, @Nullable VmArea adjust) {
    FileVmas.iMmapLockWrite(vma);
    FileVmas.preUpdateVma(vma);
    if (adjust != null) {
      FileVmas.preUpdateVma(adjust);
    }
    if (anonVma != null) {
      anonVma.root.rwsem.writeLock();
      AnonVmas.anonVmaIntervalTreePreUpdateVma(vma);
      if (adjust != null) {
        AnonVmas.anonVmaIntervalTreePreUpdateVma(adjust);
      }
    }
  }

  private static void putBackAndUnlock(
      @Nullable AnonVma anonVma, VmArea vma, @Nullable VmArea adjust) {
    if (anonVma != null) {
      AnonVmas.anonVmaIntervalTreePostUpdateVma(vma);
      if (adjust != null) {
        AnonVmas.anonVmaIntervalTreePostUpdateVma(adjust);
      }
      anonVma.root.rwsem.writeUnlock();
    }
    if (adjust != null) {
      FileVmas.postUpdateVma(adjust);
    }
    FileVmas.postUpdateVma(vma);
    FileVmas.iMmapUnlockWrite(vma);
  }

  private static void removeFromTree(VmaMergeState vmg, @Nullable VmArea gone) {
    if (gone != null) {
      FileVmas.preUpdateVma(gone);
      vmg.mm.vmas.remove(gone);
    }
  }

  private void free(VmArea vma, @Nullable VmArea gone) {
    if (gone != null) {
      AddressSpace file = gone.vmFile;
      if (file != null) {
        files.iput(file);
      }
      if (gone.anonVma != null) {
        anonVmas.anonVmaMerge(vma, gone);
      }
    }
  }
}
