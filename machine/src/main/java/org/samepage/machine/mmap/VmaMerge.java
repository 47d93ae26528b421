// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.vma.VmFlags.VM_SPECIAL;
import static org.samepage.mm.vma.VmFlags.VM_STICKY;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.file.SharedFiles;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;

/**
 * Merges a range with the VMAs beside it where they are alike: in flags, file, page offset, and as
 * to anon_vmas. All methods hold mmap_lock for writing.
 */
public final class VmaMerge {
  private final AnonVmas anonVmas;
  private final SharedFiles files;

  public VmaMerge(AnonVmas anonVmas, SharedFiles files) {
    this.anonVmas = anonVmas;
    this.files = files;
  }

  /**
   * Merges a part of a VMA, or all of it, that is to have other flags.
   *
   * @return the VMA that has the range now; null where nothing was merged
   */
  @PortedFrom(
      value = "mm/vma.c:vma_merge_existing_range",
      fidelity = Fidelity.ADAPTED,
      differs = "no VMA here has a close operation, so all may be removed")
  @Nullable VmArea vmaMergeExistingRange(VmaMergeState vmg) {
    VmArea middle = Objects.requireNonNull(vmg.middle);
    long start = vmg.start;
    boolean leftSide = start == middle.vmStart;
    boolean rightSide = vmg.end == middle.vmEnd;
    if ((!leftSide && !rightSide) || (vmg.flags & VM_SPECIAL) != 0) {
      return null;
    }
    boolean mergeLeft = leftSide && canVmaMergeLeft(vmg);
    vmg.next = rightSide ? vmg.mm.vmas.next(middle) : null;
    boolean mergeRight = rightSide && canVmaMergeRight(vmg, mergeLeft);
    if (!mergeLeft && !mergeRight) {
      return null;
    }
    vmg.removeMiddle = leftSide && rightSide;
    VmArea prev = vmg.prev;
    VmArea next = vmg.next;
    long sticky = vmg.flags & VM_STICKY;
    sticky |= mergeRight ? Objects.requireNonNull(next).vmFlags & VM_STICKY : 0;
    sticky |= mergeLeft ? Objects.requireNonNull(prev).vmFlags & VM_STICKY : 0;
    if (mergeLeft && mergeRight) {
      Objects.requireNonNull(prev);
      Objects.requireNonNull(next);
      vmg.removeNext = true;
      vmg.target = prev;
      vmg.start = prev.vmStart;
      vmg.end = next.vmEnd;
      vmg.pgoff = prev.vmPgoff;
      dupAnonVma(prev, next.anonVma != null ? next : middle);
    } else if (mergeLeft) {
      Objects.requireNonNull(prev);
      vmg.target = prev;
      vmg.start = prev.vmStart;
      vmg.pgoff = prev.vmPgoff;
      vmg.adjustMiddleStart = !vmg.removeMiddle;
      dupAnonVma(prev, middle);
    } else {
      Objects.requireNonNull(next);
      vmg.target = next;
      if (vmg.removeMiddle) {
        long pages = PageUnits.bytesToPages(vmg.end - vmg.start);
        vmg.end = next.vmEnd;
        vmg.pgoff = next.vmPgoff - pages;
      } else {
        vmg.adjustNextStart = true;
        vmg.start = middle.vmStart;
        vmg.end = start;
        vmg.pgoff = middle.vmPgoff;
      }
      dupAnonVma(next, middle);
    }
    commitMerge(vmg);
    vmg.target.vmFlags |= sticky;
    return vmg.target;
  }

  /**
   * Merges a range that nothing is mapped in.
   *
   * @return the VMA that has the range now; null where nothing was merged
   */
  @PortedFrom(
      value = {"mm/vma.c:vma_merge_new_range", "mm/vma.c:vma_merge_copied_range"},
      fidelity = Fidelity.ADAPTED,
      differs = "no VMA here has a close operation; copiedFrom is the caller's to set")
  @Nullable VmArea vmaMergeNewRange(VmaMergeState vmg) {
    if ((vmg.flags & VM_SPECIAL) != 0 || (vmg.prev == null && vmg.next == null)) {
      return null;
    }
    boolean mergeLeft = canVmaMergeLeft(vmg);
    boolean mergeRight = !vmg.justExpand && canVmaMergeRight(vmg, mergeLeft);
    if (mergeRight) {
      VmArea next = Objects.requireNonNull(vmg.next);
      vmg.end = next.vmEnd;
      vmg.target = next;
    }
    if (mergeLeft) {
      VmArea prev = Objects.requireNonNull(vmg.prev);
      vmg.start = prev.vmStart;
      vmg.target = prev;
      vmg.pgoff = prev.vmPgoff;
    }
    if (vmg.target == null) {
      return null;
    }
    vmaExpand(vmg);
    return vmg.target;
  }

  /** Lets the target reach over the range, and over the next VMA where it ends with that. */
  @PortedFrom(value = "mm/vma.c:vma_expand", fidelity = Fidelity.ADAPTED, differs = "cannot fail")
  void vmaExpand(VmaMergeState vmg) {
    VmArea target = Objects.requireNonNull(vmg.target);
    VmArea next = vmg.next;
    target.vmFlags |= vmg.flags & VM_STICKY;
    if (next != null && target != next && vmg.end == next.vmEnd) {
      vmg.removeNext = true;
      target.vmFlags |= next.vmFlags & VM_STICKY;
      dupAnonVma(target, next);
    }
    if (vmg.copiedFrom != null) {
      dupAnonVma(target, vmg.copiedFrom);
    }
    commitMerge(vmg);
  }

  /** Lets a VMA grow at its end, by so many bytes; it may reach the next and swallow it. */
  @PortedFrom("mm/vma.c:vma_merge_extend")
  @Nullable VmArea vmaMergeExtend(VmArea vma, long delta) {
    VmaMergeState vmg =
        VmaMergeState.ofNewRange(
            vma.vmMm, vma.vmEnd, vma.vmEnd + delta, vma.vmFlags, vma.linearPageIndex(vma.vmEnd));
    vmg.file = vma.vmFile;
    vmg.anonVma = vma.anonVma;
    vmg.uffdCtx = vma.vmUserfaultfdCtx;
    return vmaMergeNewRange(vmg);
  }

  @PortedFrom(
      value = "mm/vma.c:is_mergeable_vma",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no policies, no names")
  private static boolean isMergeableVma(VmaMergeState vmg, VmArea vma) {
    return ((vma.vmFlags ^ vmg.flags) & ~VM_STICKY) == 0
        && vma.vmFile == vmg.file
        && vma.vmUserfaultfdCtx == vmg.uffdCtx;
  }

  /** Whether the range may come to use the anon_vma of a VMA, or the other way round. */
  @PortedFrom("mm/vma.c:is_mergeable_anon_vma")
  private static boolean isMergeableAnonVma(VmaMergeState vmg, VmArea target) {
    AnonVma own = target.anonVma;
    AnonVma ranges = vmg.anonVma;
    if (own == null && ranges != null) {
      return !vmaIsForkChild(vmg.middle) && !vmaIsForkChild(vmg.copiedFrom);
    }
    if (own != null && ranges == null) {
      return !vmaIsForkChild(target);
    }
    return own == ranges;
  }

  @PortedFrom("mm/vma.c:vma_is_fork_child")
  private static boolean vmaIsForkChild(@Nullable VmArea vma) {
    return vma != null && vma.anonVma != null && !vma.chainIsSingular();
  }

  @PortedFrom({"mm/vma.c:can_vma_merge_left", "mm/vma.c:can_vma_merge_after"})
  private static boolean canVmaMergeLeft(VmaMergeState vmg) {
    VmArea prev = vmg.prev;
    return prev != null
        && prev.vmEnd == vmg.start
        && isMergeableVma(vmg, prev)
        && isMergeableAnonVma(vmg, prev)
        && prev.vmPgoff + prev.vmaPages() == vmg.pgoff;
  }

  /** With both sides, the two neighbours must go together as well. */
  @PortedFrom({"mm/vma.c:can_vma_merge_right", "mm/vma.c:can_vma_merge_before"})
  private static boolean canVmaMergeRight(VmaMergeState vmg, boolean canMergeLeft) {
    VmArea next = vmg.next;
    if (next == null
        || vmg.end != next.vmStart
        || !isMergeableVma(vmg, next)
        || !isMergeableAnonVma(vmg, next)
        || next.vmPgoff != vmg.pgoff + PageUnits.bytesToPages(vmg.end - vmg.start)) {
      return false;
    }
    if (!canMergeLeft) {
      return true;
    }
    AnonVma left = Objects.requireNonNull(vmg.prev).anonVma;
    return left == null || next.anonVma == null || left == next.anonVma;
  }

  /** Where one VMA is to take over another's pages and has no anon_vma, it gets that one's. */
  @PortedFrom(value = "mm/vma.c:dup_anon_vma", fidelity = Fidelity.ADAPTED, differs = "cannot fail")
  private void dupAnonVma(VmArea dst, VmArea src) {
    if (src.anonVma != null && dst.anonVma == null) {
      dst.anonVma = src.anonVma;
      anonVmas.anonVmaClone(dst, src);
    }
  }

  @PortedFrom(
      value = {
        "mm/vma.c:commit_merge",
        "mm/vma.c:vmg_adjust_set_range",
        "mm/vma.c:vma_prepare",
        "mm/vma.c:vma_complete"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "what is swallowed leaves the tree first")
  private void commitMerge(VmaMergeState vmg) {
    VmArea middle = vmg.middle;
    VmArea next = vmg.next;
    VmArea vma = Objects.requireNonNull(vmg.adjustNextStart ? middle : vmg.target);
    VmArea adjust = vmg.adjustMiddleStart ? middle : vmg.adjustNextStart ? next : null;
    AnonVma anonVma = vma.anonVma != null || adjust == null ? vma.anonVma : adjust.anonVma;
    if (anonVma != null) {
      anonVma.root.rwsem.writeLock();
      AnonVmas.anonVmaIntervalTreePreUpdateVma(vma);
      if (adjust != null) {
        AnonVmas.anonVmaIntervalTreePreUpdateVma(adjust);
      }
    }
    VmArea gone = vmg.removeMiddle ? middle : null;
    VmArea gone2 = vmg.removeNext ? next : null;
    removeFromTree(vmg, gone);
    removeFromTree(vmg, gone2);
    long end = vmg.end;
    if (adjust != null && vmg.adjustMiddleStart) {
      vmg.mm.vmas.vmaSetRange(adjust, end, adjust.vmEnd, adjust.linearPageIndex(end));
    }
    vmg.mm.vmas.vmaSetRange(vma, vmg.start, end, vmg.pgoff);
    if (adjust != null && vmg.adjustNextStart) {
      vmg.mm.vmas.vmaSetRange(
          adjust, end, adjust.vmEnd, adjust.vmPgoff - PageUnits.bytesToPages(adjust.vmStart - end));
    }
    if (anonVma != null) {
      AnonVmas.anonVmaIntervalTreePostUpdateVma(vma);
      if (adjust != null) {
        AnonVmas.anonVmaIntervalTreePostUpdateVma(adjust);
      }
      anonVma.root.rwsem.writeUnlock();
    }
    free(vma, gone);
    free(vma, gone2);
  }

  private static void removeFromTree(VmaMergeState vmg, @Nullable VmArea gone) {
    if (gone != null) {
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
