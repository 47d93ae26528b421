// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.bytesToPages;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.phys.Mempolicy;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FileVmas;
import org.samepage.rmap.huge.SplitHugePmd;

/** Cuts VMAs, and gives a part of one other flags. All methods hold mmap_lock for writing. */
public final class VmaModify {
  /** vm.max_map_count. */
  static final int MAX_MAP_COUNT = 65530;

  private final VmaMerge merge;
  private final AnonVmas anonVmas;
  private final FailSlab failSlab;
  private final SplitHugePmd splitHugePmd;

  public VmaModify(
      VmaMerge merge, AnonVmas anonVmas, SplitHugePmd splitHugePmd, FailSlab failSlab) {
    this.splitHugePmd = splitHugePmd;
    this.failSlab = failSlab;
    this.merge = merge;
    this.anonVmas = anonVmas;
  }

  /**
   * Makes the part {@code [start, end)} of a VMA one of its own that can have these flags: merges
   * it with a neighbour that has them, or cuts off what is before and behind it. The caller sets
   * the flags.
   *
   * @return null where there are too many mappings, or memory is short
   */
  @PortedFrom(
      value = "mm/vma.c:vma_modify_flags",
      fidelity = Fidelity.ADAPTED,
      differs = "null for ENOMEM")
  @Nullable VmArea vmaModifyFlags(VmArea vma, long start, long end, long flags) {
    return vmaModify(vma, start, end, VmaMergeState.ofPart(vma, start, end, flags));
  }

  /** As {@link #vmaModifyFlags}, for a part that is to have another userfaultfd. */
  @PortedFrom(
      value = "mm/vma.c:vma_modify_flags_uffd",
      fidelity = Fidelity.ADAPTED,
      differs = "null for ENOMEM")
  @Nullable VmArea vmaModifyFlagsUffd(
      VmArea vma, long start, long end, long flags, @Nullable UserfaultfdCtx ctx) {
    VmaMergeState vmg = VmaMergeState.ofPart(vma, start, end, flags);
    vmg.uffdCtx = ctx;
    return vmaModify(vma, start, end, vmg);
  }

  /** As {@link #vmaModifyFlags}, for a part that is to take its pages from other nodes. */
  @PortedFrom(
      value = "mm/vma.c:vma_modify_policy",
      fidelity = Fidelity.ADAPTED,
      differs = "null for ENOMEM")
  @Nullable VmArea vmaModifyPolicy(VmArea vma, long start, long end, @Nullable Mempolicy policy) {
    VmaMergeState vmg = VmaMergeState.ofPart(vma, start, end, vma.vmFlags);
    vmg.policy = policy;
    return vmaModify(vma, start, end, vmg);
  }

  @PortedFrom(
      value = "mm/vma.c:vma_modify",
      fidelity = Fidelity.ADAPTED,
      differs = "null for ENOMEM")
  private @Nullable VmArea vmaModify(VmArea vma, long start, long end, VmaMergeState vmg) {
    VmArea merged = merge.vmaMergeExistingRange(vmg);
    if (merged != null || vmg.result == VmaMergeState.Result.NOMEM) {
      return merged;
    }
    if (vma.vmStart < start && splitVma(vma, start, true) != 0) {
      return null;
    }
    if (vma.vmEnd > end && splitVma(vma, end, false) != 0) {
      return null;
    }
    return vma;
  }

  @PortedFrom("mm/vma.c:split_vma")
  int splitVma(VmArea vma, long addr, boolean newBelow) {
    if (vma.vmMm.vmas.size() >= MAX_MAP_COUNT) {
      return -Errno.ENOMEM;
    }
    return splitVmaRaw(vma, addr, newBelow);
  }

  /**
   * Cuts a VMA in two; the new one gets the lower or the upper part.
   *
   * @return 0, or {@code -ENOMEM} with nothing changed
   */
  @PortedFrom(
      value = "mm/vma.c:__split_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "no mapping here refuses")
  int splitVmaRaw(VmArea vma, long addr, boolean newBelow) {
    if (failSlab.shouldFailslab(Alloc.VM_AREA)) {
      return -Errno.ENOMEM;
    }
    Mm mm = vma.vmMm;
    VmArea fresh = vma.vmAreaDup(mm);
    long upper = vma.linearPageIndex(addr);
    if (newBelow) {
      fresh.vmEnd = addr;
    } else {
      fresh.vmStart = addr;
      fresh.vmPgoff = upper;
    }
    if (failSlab.shouldFailslab(Alloc.VMA_TREE) || anonVmas.anonVmaClone(fresh, vma) != 0) {
      fresh.vmAreaFree();
      return -Errno.ENOMEM;
    }
    fresh.vmaOpen();
    FileVmas.iMmapLockWrite(vma);
    FileVmas.preUpdateVma(vma);
    AnonVma anonVma = vma.anonVma;
    if (anonVma != null) {
      anonVma.root.rwsem.writeLock();
      AnonVmas.anonVmaIntervalTreePreUpdateVma(vma);
    }
    splitHugePmd.vmaAdjustTransHuge(vma, vma.vmStart, addr, null);
    if (newBelow) {
      mm.vmas.vmaSetRange(vma, addr, vma.vmEnd, vma.vmPgoff + bytesToPages(addr - vma.vmStart));
    } else {
      mm.vmas.vmaSetRange(vma, vma.vmStart, addr, vma.vmPgoff);
    }
    if (anonVma != null) {
      AnonVmas.anonVmaIntervalTreePostUpdateVma(vma);
      anonVma.root.rwsem.writeUnlock();
    }
    FileVmas.postUpdateVma(vma);
    FileVmas.postUpdateVma(fresh);
    FileVmas.iMmapUnlockWrite(vma);
    mm.vmas.insert(fresh);
    return 0;
  }
}
