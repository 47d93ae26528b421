// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FileVmas;

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
   *
   * @param needRmapLocks whether who walks the mappings of a page may meet the new place before the
   *     old one
   */
  record Copy(VmArea fresh, VmArea source, boolean needRmapLocks) {}

  /**
   * Maps {@code [addr, addr + len)}, where nothing is, like a VMA: by a neighbour's growing, or by
   * a VMA of its own. Holds mmap_lock for writing.
   *
   * @param linear the page offset of the first byte moved, which faulted memory keeps
   * @return null where memory is short
   */
  @PortedFrom("mm/vma.c:copy_vma")
  @Nullable Copy copyVma(VmArea vma, long addr, long len, long linear) {
    long oldStart = vma.vmStart;
    boolean unfaulted = vma.vmaIsAnonymous() && vma.anonVma == null;
    long pgoff = unfaulted ? PageUnits.bytesToPages(addr) : linear;
    VmaMergeState vmg = VmaMergeState.ofNewRange(vma.vmMm, addr, addr + len, vma.vmFlags, pgoff);
    vmg.file = vma.vmFile;
    vmg.anonVma = vma.anonVma;
    vmg.copiedFrom = vma;
    vmg.uffdCtx = vma.vmUserfaultfdCtx;
    vmg.policy = vma.vmPolicy;
    VmArea merged = merge.vmaMergeNewRange(vmg);
    if (merged != null) {
      boolean self = oldStart >= merged.vmStart && oldStart < merged.vmEnd;
      VmArea source = self ? merged : vma;
      boolean before = Long.compareUnsigned(merged.vmPgoff, source.vmPgoff) <= 0;
      return new Copy(merged, source, before);
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
    FileVmas.vmaLinkFile(fresh);
    return new Copy(fresh, vma, false);
  }
}
