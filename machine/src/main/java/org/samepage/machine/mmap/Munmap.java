// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.file.SharedFiles;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FileVmas;

/** munmap. */
public final class Munmap {
  private final VmaModify modify;
  private final ZapRange zap;
  private final AnonVmas anonVmas;
  private final SharedFiles files;

  public Munmap(VmaModify modify, ZapRange zap, AnonVmas anonVmas, SharedFiles files) {
    this.modify = modify;
    this.zap = zap;
    this.anonVmas = anonVmas;
    this.files = files;
  }

  /** The system call. */
  @PortedFrom("mm/mmap.c:__vm_munmap")
  public int vmMunmapRaw(Mm mm, long start, long len) {
    mm.mmapLock.writeLock();
    try {
      return doMunmap(mm, start, len);
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  /** Unmaps all that is in the range. Holds mmap_lock for writing. */
  @PortedFrom({"mm/mmap.c:do_munmap", "mm/vma.c:do_vmi_munmap"})
  int doMunmap(Mm mm, long start, long len) {
    if (!isPageAligned(start)
        || Long.compareUnsigned(start, TASK_SIZE) > 0
        || Long.compareUnsigned(len, TASK_SIZE - start) > 0) {
      return -Errno.EINVAL;
    }
    long end = start + pageAlignUp(len);
    if (end == start) {
      return -Errno.EINVAL;
    }
    return mm.vmas.findVmaIntersection(start, end) == null ? 0 : doVmiAlignMunmap(mm, start, end);
  }

  @PortedFrom("mm/vma.c:do_vmi_align_munmap")
  private int doVmiAlignMunmap(Mm mm, long start, long end) {
    List<VmArea> gone = new ArrayList<>();
    int err = vmsGatherMunmapVmas(mm, start, end, gone);
    if (err == 0) {
      vmsCompleteMunmapVmas(mm, gone);
    }
    return err;
  }

  /** Finds what is in a range, after cutting off what is outside. */
  @PortedFrom(
      value = "mm/vma.c:vms_gather_munmap_vmas",
      fidelity = Fidelity.ADAPTED,
      differs = "what was found stays in the tree")
  int vmsGatherMunmapVmas(Mm mm, long start, long end, List<VmArea> found) {
    VmArea first = mm.vmas.findVmaIntersection(start, end);
    if (first != null && start > first.vmStart) {
      if (end < first.vmEnd && mm.vmas.size() >= VmaModify.MAX_MAP_COUNT) {
        return -Errno.ENOMEM;
      }
      if (Mseal.vmaIsSealed(first)) {
        return -Errno.EPERM;
      }
      int err = modify.splitVmaRaw(first, start, true);
      if (err != 0) {
        return err;
      }
    }
    for (int i = mm.vmas.positionOf(start); i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      if (vma.vmStart >= end) {
        break;
      }
      if (Mseal.vmaIsSealed(vma)) {
        return -Errno.EPERM;
      }
      if (vma.vmEnd > end) {
        int err = modify.splitVmaRaw(vma, end, false);
        if (err != 0) {
          return err;
        }
      }
      found.add(vma);
    }
    return 0;
  }

  @PortedFrom(
      value = {
        "mm/vma.c:vms_complete_munmap_vmas",
        "mm/vma.c:vms_clear_ptes",
        "mm/vma.c:remove_vma"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "one step after the other, under the lock for writing throughout")
  void vmsCompleteMunmapVmas(Mm mm, List<VmArea> gone) {
    VmArea first = gone.getFirst();
    VmArea last = gone.getLast();
    @Nullable VmArea prev = mm.vmas.prev(first);
    @Nullable VmArea next = mm.vmas.next(last);
    gone.forEach(mm.vmas::remove);
    mm.updateHiwaterRss();
    for (VmArea vma : gone) {
      zap.unmapSingleVma(vma);
    }
    for (VmArea vma : gone) {
      anonVmas.unlinkAnonVmas(vma);
      FileVmas.unlinkFileVma(vma);
    }
    mm.pgTables.freePgdRange(
        first.vmStart,
        last.vmEnd,
        prev == null ? 0 : prev.vmEnd,
        next == null ? TASK_SIZE : next.vmStart);
    mm.updateHiwaterVm();
    for (VmArea vma : gone) {
      mm.vmStatAccount(vma.vmFlags, -vma.vmaPages());
      if (vma.has(VmFlags.VM_LOCKED)) {
        mm.lockedVm -= vma.vmaPages();
      }
      vma.vmaClose();
      if (vma.vmFile != null) {
        files.iput(vma.vmFile);
      }
    }
  }
}
