// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.unmerge;

import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;
import static org.samepage.mm.vma.VmFlags.VM_MERGEABLE;

import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.work.ProbeBudget;

/** What madvise asks of KSM. */
public final class KsmMadvise {
  private static final long INCOMPATIBLE =
      VmFlags.VM_SHARED
          | VmFlags.VM_MAYSHARE
          | VmFlags.VM_PFNMAP
          | VmFlags.VM_IO
          | VmFlags.VM_DONTEXPAND
          | VmFlags.VM_HUGETLB
          | VmFlags.VM_MIXEDMAP
          | VmFlags.VM_DROPPABLE;

  private final KsmSlots slots;
  private final UnmergeStrategy unmerge;
  private final ProbeBudget budget;

  public KsmMadvise(KsmSlots slots, UnmergeStrategy unmerge, ProbeBudget budget) {
    this.slots = slots;
    this.unmerge = unmerge;
    this.budget = budget;
  }

  /** Whether pages of such a mapping may be merged. */
  @PortedFrom(
      value = {"mm/ksm.c:ksm_compatible", "mm/ksm.c:vma_ksm_compatible"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no DAX files")
  public static boolean ksmCompatible(long vmFlags) {
    return (vmFlags & INCOMPATIBLE) == 0;
  }

  /**
   * MADV_MERGEABLE of a part of a VMA: puts the mm on ksmd's list. A VMA that cannot be merged, or
   * is mergeable already, is left alone. Holds mmap_lock for writing.
   *
   * @param vmFlags the flags that the part is to get
   * @return those flags with the bit set where that applies; {@code -ENOMEM}
   */
  @PortedFrom(
      value = "mm/ksm.c:ksm_madvise",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "one method for each advice; returns the flags")
  public long ksmMadviseMergeable(VmArea vma, long vmFlags) {
    Mm mm = vma.vmMm;
    if (vma.has(VM_MERGEABLE) || !ksmCompatible(vma.vmFlags)) {
      return vmFlags;
    }
    if (!mm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      int err = slots.ksmEnterRaw(mm);
      if (err != 0) {
        return err;
      }
    }
    return vmFlags | VM_MERGEABLE;
  }

  /**
   * MADV_UNMERGEABLE of a part of a VMA: breaks its merged pages apart. Holds mmap_lock for
   * writing.
   *
   * @param vmFlags the flags that the part is to get; it asks these, not the VMA's, so that mremap
   *     can unmerge what it moves and keep the bit
   * @return 0 or a negative errno; the caller clears the bit
   */
  @PortedFrom(
      value = "mm/ksm.c:ksm_madvise",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "one method for each advice; the caller clears the bit")
  public int ksmMadviseUnmergeable(VmArea vma, long start, long end, long vmFlags) {
    if ((vmFlags & VM_MERGEABLE) == 0 || vma.anonVma == null) {
      return 0;
    }
    budget.startOperation(() -> unmerge.probesFor(end - start));
    return unmerge.unmergeRange(vma, start, end, true);
  }
}
