// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.vma.VmFlags.VM_STICKY;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;

/** Which neighbours are alike enough to be merged with a range. Holds mmap_lock for writing. */
final class VmaMergeRules {
  private VmaMergeRules() {}

  @PortedFrom({"mm/vma.c:can_vma_merge_left", "mm/vma.c:can_vma_merge_after"})
  static boolean canVmaMergeLeft(VmaMergeState vmg) {
    VmArea prev = vmg.prev;
    return prev != null
        && prev.vmEnd == vmg.start
        && isMergeableVma(vmg, prev)
        && isMergeableAnonVma(vmg, prev)
        && prev.vmPgoff + prev.vmaPages() == vmg.pgoff;
  }

  /** With both sides, the two neighbours must go together as well. */
  @PortedFrom({"mm/vma.c:can_vma_merge_right", "mm/vma.c:can_vma_merge_before"})
  static boolean canVmaMergeRight(VmaMergeState vmg, boolean canMergeLeft) {
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

  /** Whether a VMA may go without its maker being told. */
  @PortedFrom("mm/vma.c:can_merge_remove_vma")
  static boolean canMergeRemoveVma(VmArea vma) {
    return vma.vmOps == null || !vma.vmOps.closes();
  }

  @PortedFrom(
      value = "mm/vma.c:is_mergeable_vma",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no names")
  private static boolean isMergeableVma(VmaMergeState vmg, VmArea vma) {
    return ((vma.vmFlags ^ vmg.flags) & ~VM_STICKY) == 0
        && vma.vmFile == vmg.file
        && vma.vmUserfaultfdCtx == vmg.uffdCtx
        && Objects.equals(vma.vmPolicy, vmg.policy);
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
}
