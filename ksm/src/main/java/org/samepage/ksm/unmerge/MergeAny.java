// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.unmerge;

import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;
import static org.samepage.mm.vma.VmFlags.VM_MERGEABLE;

import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.state.KsmState;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** prctl(PR_SET_MEMORY_MERGE), and what a child takes over of its parent's KSM. */
public final class MergeAny {
  private final KsmState state;
  private final KsmSlots slots;
  private final KsmMadvise madvise;

  public MergeAny(KsmState state, KsmSlots slots, KsmMadvise madvise) {
    this.state = state;
    this.slots = slots;
    this.madvise = madvise;
  }

  /** Makes everything mergeable that can be, now and later. Holds mmap_lock for writing. */
  @PortedFrom(
      value = {"mm/ksm.c:ksm_enable_merge_any", "mm/ksm.c:ksm_add_vmas", "mm/ksm.c:ksm_add_vma"},
      fidelity = Fidelity.ADAPTED,
      differs = "one loop")
  public int ksmEnableMergeAny(Mm mm) {
    if (mm.mmFlagsTest(MMF_VM_MERGE_ANY)) {
      return 0;
    }
    if (!mm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      var _ = slots.ksmEnterRaw(mm);
    }
    mm.mmFlagsSet(MMF_VM_MERGE_ANY);
    ksmAddVmas(mm);
    return 0;
  }

  private static void ksmAddVmas(Mm mm) {
    for (int i = 0; i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      vma.vmFlags |= ksmShouldAddVmaRaw(vma.vmFlags) ? VM_MERGEABLE : 0;
    }
  }

  /** Undoes it: nothing is mergeable afterwards. Holds mmap_lock for writing. */
  @PortedFrom(
      value = {"mm/ksm.c:ksm_disable_merge_any", "mm/ksm.c:ksm_del_vmas", "mm/ksm.c:ksm_del_vma"},
      fidelity = Fidelity.ADAPTED,
      differs = "one loop")
  public int ksmDisableMergeAny(Mm mm) {
    if (!mm.mmFlagsTest(MMF_VM_MERGE_ANY)) {
      return 0;
    }
    for (int i = 0; i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      int err = madvise.ksmMadviseUnmergeable(vma, vma.vmStart, vma.vmEnd, vma.vmFlags);
      if (err != 0) {
        ksmAddVmas(mm);
        return err;
      }
      vma.vmFlags &= ~VM_MERGEABLE;
    }
    mm.mmFlagsClear(MMF_VM_MERGE_ANY);
    return 0;
  }

  @PortedFrom("mm/ksm.c:__ksm_should_add_vma")
  private static boolean ksmShouldAddVmaRaw(long vmFlags) {
    return (vmFlags & VM_MERGEABLE) == 0 && KsmMadvise.ksmCompatible(vmFlags);
  }

  /**
   * The flags that a new mapping with these flags gets in this mm, which is put back on ksmd's list
   * if ksmd had found nothing to merge there.
   */
  @PortedFrom("mm/ksm.c:ksm_vma_flags")
  public long ksmVmaFlags(Mm mm, long vmFlags) {
    if (!mm.mmFlagsTest(MMF_VM_MERGE_ANY) || !ksmShouldAddVmaRaw(vmFlags)) {
      return vmFlags;
    }
    if (!mm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      var _ = slots.ksmEnterRaw(mm);
    }
    return vmFlags | VM_MERGEABLE;
  }

  /**
   * Puts the new address space of a process on ksmd's list if all of its old one was to be merged.
   * Holds mmap_lock for writing.
   */
  @PortedFrom("include/linux/ksm.h:ksm_execve")
  public void ksmExecve(Mm mm) {
    if (mm.mmFlagsTest(MMF_VM_MERGE_ANY)) {
      var _ = slots.ksmEnterRaw(mm);
    }
  }

  /**
   * Puts a child on ksmd's list if its parent is there, and counts the parent's zero pages once
   * more, as if the child had all of them.
   *
   * @param mm the child, with its parent's counts
   */
  @PortedFrom("include/linux/ksm.h:ksm_fork")
  public void ksmFork(Mm mm, Mm oldmm) {
    if (oldmm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      mm.ksmMergingPages = 0;
      mm.ksmRmapItems = 0;
      state.ksmZeroPages.addAndGet(mm.ksmZeroPages.get());
      var _ = slots.ksmEnterRaw(mm);
    }
  }
}
