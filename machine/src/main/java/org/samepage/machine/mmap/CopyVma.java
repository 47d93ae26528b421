// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;

/** Makes the VMA of the place that mremap moves to. */
public final class CopyVma {
  private final VmaMerge merge;
  private final AnonVmas anonVmas;
  private final FailSlab failSlab;

  public CopyVma(VmaMerge merge, AnonVmas anonVmas, FailSlab failSlab) {
    this.merge = merge;
    this.anonVmas = anonVmas;
    this.failSlab = failSlab;
  }

  /**
   * The VMA of the new place, and the one that has the old place now: where the first swallowed it,
   * they are the same.
   */
  record Copy(VmArea fresh, VmArea source) {}

  /**
   * Maps {@code [addr, addr + len)}, where nothing is, like a VMA: by a neighbour's growing, or by
   * a VMA of its own. Holds mmap_lock for writing.
   *
   * @param linear the page offset of the first byte moved, which faulted memory keeps
   * @return null where memory is short
   */
  @PortedFrom(
      value = "mm/vma.c:copy_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "nobody needs to know whether rmap may meet the new place first")
  @Nullable Copy copyVma(VmArea vma, long addr, long len, long linear) {
    long oldStart = vma.vmStart;
    boolean unfaulted = vma.vmaIsAnonymous() && vma.anonVma == null;
    long pgoff = unfaulted ? PageUnits.bytesToPages(addr) : linear;
    VmaMergeState vmg = VmaMergeState.ofNewRange(vma.vmMm, addr, addr + len, vma.vmFlags, pgoff);
    vmg.file = vma.vmFile;
    vmg.anonVma = vma.anonVma;
    vmg.copiedFrom = vma;
    VmArea merged = merge.vmaMergeNewRange(vmg);
    if (merged != null) {
      boolean self = oldStart >= merged.vmStart && oldStart < merged.vmEnd;
      return new Copy(merged, self ? merged : vma);
    }
    if (failSlab.shouldFailslab(Alloc.VM_AREA)) {
      return null;
    }
    VmArea fresh = vma.vmAreaDup(vma.vmMm);
    fresh.vmStart = addr;
    fresh.vmEnd = addr + len;
    fresh.vmPgoff = pgoff;
    if (anonVmas.anonVmaClone(fresh, vma) != 0) {
      fresh.vmAreaFree();
      return null;
    }
    fresh.vmaOpen();
    if (failSlab.shouldFailslab(Alloc.VMA_TREE)) {
      fresh.vmaClose();
      anonVmas.unlinkAnonVmas(fresh);
      fresh.vmAreaFree();
      return null;
    }
    vma.vmMm.vmas.insert(fresh);
    return new Copy(fresh, vma);
  }
}
