// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.unmerge;

import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;
import static org.samepage.mm.vma.VmFlags.VM_MERGEABLE;

import org.samepage.ksm.slots.KsmSlots;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** An mm that is merged as a whole: prctl(PR_SET_MEMORY_MERGE), and what maps memory later. */
public final class MergeAny {
  private final KsmSlots slots;
  private final KsmMadvise madvise;

  public MergeAny(KsmSlots slots, KsmMadvise madvise) {
    this.slots = slots;
    this.madvise = madvise;
  }

  /**
   * Makes everything mergeable that can be, now and later. Holds mmap_lock for writing.
   *
   * @return 0 or {@code -ENOMEM}
   */
  @PortedFrom("mm/ksm.c:ksm_enable_merge_any")
  public int ksmEnableMergeAny(Mm mm) {
    if (mm.mmFlagsTest(MMF_VM_MERGE_ANY)) {
      return 0;
    }
    if (!mm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      int err = slots.ksmEnterRaw(mm);
      if (err != 0) {
        return err;
      }
    }
    mm.mmFlagsSet(MMF_VM_MERGE_ANY);
    ksmAddVmas(mm);
    return 0;
  }

  /**
   * Undoes it: nothing is mergeable afterwards, what was advised one by one neither. Where a page
   * cannot be unmerged, all is mergeable again. Holds mmap_lock for writing.
   *
   * @return 0 or a negative errno
   */
  @PortedFrom("mm/ksm.c:ksm_disable_merge_any")
  public int ksmDisableMergeAny(Mm mm) {
    if (!mm.mmFlagsTest(MMF_VM_MERGE_ANY)) {
      return 0;
    }
    int err = ksmDelVmas(mm);
    if (err != 0) {
      ksmAddVmas(mm);
      return err;
    }
    mm.mmFlagsClear(MMF_VM_MERGE_ANY);
    return 0;
  }

  /**
   * Makes nothing mergeable any more, however it came to be. Holds mmap_lock for writing.
   *
   * @return 0 or a negative errno; then some mappings may be done already
   */
  @PortedFrom("mm/ksm.c:ksm_disable")
  public int ksmDisable(Mm mm) {
    mm.mmapLock.assertWriteLocked();
    if (!mm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      return 0;
    }
    return mm.mmFlagsTest(MMF_VM_MERGE_ANY) ? ksmDisableMergeAny(mm) : ksmDelVmas(mm);
  }

  @PortedFrom("mm/ksm.c:ksm_add_vmas")
  private static void ksmAddVmas(Mm mm) {
    for (int i = 0; i < mm.vmas.size(); i++) {
      ksmAddVmaRaw(mm.vmas.get(i));
    }
  }

  @PortedFrom("mm/ksm.c:ksm_del_vmas")
  private int ksmDelVmas(Mm mm) {
    for (int i = 0; i < mm.vmas.size(); i++) {
      int err = ksmDelVmaRaw(mm.vmas.get(i));
      if (err != 0) {
        return err;
      }
    }
    return 0;
  }

  @PortedFrom("mm/ksm.c:__ksm_add_vma")
  private static void ksmAddVmaRaw(VmArea vma) {
    vma.vmFlags |= ksmShouldAddVmaRaw(vma.vmFlags) ? VM_MERGEABLE : 0;
  }

  @PortedFrom("mm/ksm.c:__ksm_del_vma")
  private int ksmDelVmaRaw(VmArea vma) {
    int err = madvise.ksmMadviseUnmergeable(vma, vma.vmStart, vma.vmEnd, vma.vmFlags);
    if (err == 0) {
      vma.vmFlags &= ~VM_MERGEABLE;
    }
    return err;
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
}
