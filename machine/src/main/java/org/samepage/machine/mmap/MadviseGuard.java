// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.vma.VmFlags.VM_HUGETLB;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;
import static org.samepage.mm.vma.VmFlags.VM_MAYBE_GUARD;
import static org.samepage.mm.vma.VmFlags.VM_SPECIAL;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.PageWalk;
import org.samepage.rmap.AnonVmas;

/** Guard markers: pages that nobody may touch, without a VMA of their own. */
public final class MadviseGuard {
  private static final int MAX_MADVISE_GUARD_RETRIES = 3;

  private final AnonVmas anonVmas;
  private final ZapRange zap;
  private final PageWalk pageWalk;

  public MadviseGuard(AnonVmas anonVmas, ZapRange zap, PageWalk pageWalk) {
    this.anonVmas = anonVmas;
    this.zap = zap;
    this.pageWalk = pageWalk;
  }

  /** Holds mmap_lock for reading. */
  @PortedFrom(
      value = {"mm/madvise.c:madvise_guard_install", "mm/madvise.c:is_valid_guard_vma"},
      fidelity = Fidelity.ADAPTED,
      differs = "does not count the markers; what the call must be tried again for is EAGAIN")
  int madviseGuardInstall(VmArea vma, long start, long end) {
    if (vma.has(VM_SPECIAL | VM_HUGETLB | VM_LOCKED)) {
      return -Errno.EINVAL;
    }
    vma.vmFlags |= VM_MAYBE_GUARD; // so a child gets the markers too
    int err = vma.vmaIsAnonymous() ? anonVmas.anonVmaPrepare(vma) : 0;
    if (err != 0) {
      return err;
    }
    MmWalk walk = new MmWalk(new GuardWalkOps.Install(), new WorkCounters());
    for (int i = 0; i < MAX_MADVISE_GUARD_RETRIES; i++) {
      err = pageWalk.walkPageRangeMm(vma.vmMm, start, end, walk);
      if (err <= 0) {
        return err;
      }
      zap.unmapPageRange(vma, start, end, false);
    }
    return -Errno.EAGAIN;
  }

  /** Holds mmap_lock for reading. */
  @PortedFrom("mm/madvise.c:madvise_guard_remove")
  int madviseGuardRemove(VmArea vma, long start, long end) {
    if (vma.has(VM_SPECIAL | VM_HUGETLB)) {
      return -Errno.EINVAL;
    }
    MmWalk walk = new MmWalk(new GuardWalkOps.Remove(), new WorkCounters());
    return pageWalk.walkPageRangeVma(vma, start, end, walk);
  }
}
