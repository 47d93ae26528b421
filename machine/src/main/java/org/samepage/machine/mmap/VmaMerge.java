// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.machine.mmap.VmaMergeRules.canMergeRemoveVma;
import static org.samepage.machine.mmap.VmaMergeRules.canVmaMergeLeft;
import static org.samepage.machine.mmap.VmaMergeRules.canVmaMergeRight;
import static org.samepage.mm.vma.VmFlags.VM_SPECIAL;
import static org.samepage.mm.vma.VmFlags.VM_STICKY;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.mmap.VmaMergeState.Result;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;

/**
 * Merges a range with the VMAs beside it where they are alike: in flags, file, page offset, and as
 * to anon_vmas. All methods hold mmap_lock for writing.
 */
public final class VmaMerge {
  private final AnonVmas anonVmas;
  private final VmaCommit commit;

  public VmaMerge(AnonVmas anonVmas, VmaCommit commit) {
    this.anonVmas = anonVmas;
    this.commit = commit;
  }

  /**
   * Merges a part of a VMA, or all of it, that is to have other flags.
   *
   * @return the VMA that has the range now; null where nothing was merged, or memory was short: the
   *     state's result tells
   */
  @PortedFrom("mm/vma.c:vma_merge_existing_range")
  @Nullable VmArea vmaMergeExistingRange(VmaMergeState vmg) {
    VmArea middle = Objects.requireNonNull(vmg.middle);
    boolean leftSide = vmg.start == middle.vmStart;
    boolean rightSide = vmg.end == middle.vmEnd;
    vmg.result = Result.NOMERGE;
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
    if (vmg.removeMiddle && !canMergeRemoveVma(middle)) {
      return null;
    }
    if (mergeLeft && mergeRight && !canMergeRemoveVma(Objects.requireNonNull(vmg.next))) {
      mergeRight = false;
    }
    long sticky = vmg.flags & VM_STICKY;
    VmArea dup;
    if (mergeLeft) {
      VmArea prev = Objects.requireNonNull(vmg.prev);
      sticky |= prev.vmFlags & VM_STICKY;
      dup = mergeIntoPrev(vmg, prev, middle, mergeRight ? vmg.next : null);
    } else {
      dup = mergeIntoNext(vmg, middle, Objects.requireNonNull(vmg.next));
    }
    sticky |= mergeRight ? Objects.requireNonNull(vmg.next).vmFlags & VM_STICKY : 0;
    VmArea target = Objects.requireNonNull(vmg.target);
    if (dupAndCommit(vmg, target, dup, null) != 0) {
      return null;
    }
    target.vmFlags |= sticky;
    vmg.result = Result.SUCCESS;
    return target;
  }

  /** Returns whose anon_vma the target is to take over. */
  private static VmArea mergeIntoPrev(
      VmaMergeState vmg, VmArea prev, VmArea middle, @Nullable VmArea next) {
    vmg.target = prev;
    vmg.start = prev.vmStart;
    vmg.pgoff = prev.vmPgoff;
    if (next == null) {
      vmg.adjustMiddleStart = !vmg.removeMiddle;
      return middle;
    }
    vmg.removeNext = true;
    vmg.end = next.vmEnd;
    return next.anonVma != null ? next : middle;
  }

  private static VmArea mergeIntoNext(VmaMergeState vmg, VmArea middle, VmArea next) {
    vmg.target = next;
    if (vmg.removeMiddle) {
      long pages = PageUnits.bytesToPages(vmg.end - vmg.start);
      vmg.end = next.vmEnd;
      vmg.pgoff = next.vmPgoff - pages;
    } else {
      long start = vmg.start;
      vmg.adjustNextStart = true;
      vmg.start = middle.vmStart;
      vmg.end = start;
      vmg.pgoff = middle.vmPgoff;
    }
    return middle;
  }

  /**
   * Merges a range that nothing is mapped in.
   *
   * @return the VMA that has the range now; null where nothing was merged, or memory was short
   */
  @PortedFrom({"mm/vma.c:vma_merge_new_range", "mm/vma.c:vma_merge_copied_range"})
  @Nullable VmArea vmaMergeNewRange(VmaMergeState vmg) {
    vmg.result = Result.NOMERGE;
    if ((vmg.flags & VM_SPECIAL) != 0 || (vmg.prev == null && vmg.next == null)) {
      return null;
    }
    long end = vmg.end;
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
      if (mergeRight && !canMergeRemoveVma(Objects.requireNonNull(vmg.next))) {
        vmg.end = end;
      }
    }
    if (vmg.target == null || vmaExpand(vmg) != 0) {
      return null;
    }
    vmg.result = Result.SUCCESS;
    return vmg.target;
  }

  /**
   * Lets the target reach over the range, and over the next VMA where it ends with that.
   *
   * @return 0, or {@code -ENOMEM} with no VMA changed
   */
  @PortedFrom(
      value = "mm/vma.c:vma_expand",
      fidelity = Fidelity.ADAPTED,
      differs = "the state says NOMEM for links that there was no memory for, too")
  int vmaExpand(VmaMergeState vmg) {
    VmArea target = Objects.requireNonNull(vmg.target);
    VmArea next = vmg.next;
    long sticky = (vmg.flags | target.vmFlags) & VM_STICKY;
    vmg.removeNext = next != null && target != next && vmg.end == next.vmEnd;
    VmArea swallowed = vmg.removeNext ? next : null;
    sticky |= swallowed != null ? swallowed.vmFlags & VM_STICKY : 0;
    int err = dupAndCommit(vmg, target, swallowed, vmg.copiedFrom);
    if (err == 0) {
      target.vmFlags |= sticky;
    }
    return err;
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
    vmg.policy = vma.vmPolicy;
    return vmaMergeNewRange(vmg);
  }

  /** Where memory is short, the target is cut off again from what it was linked to here. */
  private int dupAndCommit(
      VmaMergeState vmg, VmArea target, @Nullable VmArea src, @Nullable VmArea src2) {
    boolean linked = target.anonVma != null;
    int err = src == null ? 0 : dupAnonVma(target, src);
    if (err == 0 && src2 != null) {
      err = dupAnonVma(target, src2);
    }
    if (err == 0) {
      err = commit.commitMerge(vmg);
      if (err != 0 && !linked) {
        anonVmas.unlinkAnonVmas(target);
      }
    }
    if (err != 0) {
      vmg.result = Result.NOMEM;
    }
    return err;
  }

  /** Where one VMA is to take over another's pages and has no anon_vma, it gets that one's. */
  @PortedFrom("mm/vma.c:dup_anon_vma")
  private int dupAnonVma(VmArea dst, VmArea src) {
    if (src.anonVma == null || dst.anonVma != null) {
      return 0;
    }
    dst.anonVma = src.anonVma;
    int err = anonVmas.anonVmaClone(dst, src);
    return err == 0 ? 0 : -Errno.ENOMEM;
  }
}
