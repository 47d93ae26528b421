// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mremap.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_ACCOUNT;
import static org.samepage.mm.vma.VmFlags.VM_DONTEXPAND;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED_MASK;
import static org.samepage.mm.vma.VmFlags.VM_MAYSHARE;
import static org.samepage.mm.vma.VmFlags.VM_PFNMAP;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.unmerge.KsmMadvise;
import org.samepage.machine.fault.Populate;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;

/** mremap: resizes a mapping, and moves mappings. */
public final class Mremap {
  public static final int MREMAP_MAYMOVE = 1;
  public static final int MREMAP_FIXED = 2;
  public static final int MREMAP_DONTUNMAP = 4;

  private final VmaMerge merge;
  private final Munmap munmap;
  private final MovePageTables move;
  private final KsmMadvise ksm;
  private final CopyVma copy;
  private final AnonVmas anonVmas;
  private final Populate populate;
  private final Commit commit;

  /** What changes mappings. */
  public record Changes(VmaMerge merge, Munmap munmap, CopyVma copy, MovePageTables move) {}

  public Mremap(
      Changes changes, KsmMadvise ksm, AnonVmas anonVmas, Populate populate, Commit commit) {
    this.merge = changes.merge;
    this.munmap = changes.munmap;
    this.copy = changes.copy;
    this.move = changes.move;
    this.ksm = ksm;
    this.anonVmas = anonVmas;
    this.populate = populate;
    this.commit = commit;
  }

  /** One call, while it goes on: {@code struct vma_remap_struct}. */
  private static final class Remap {
    final Mm mm;
    final int flags;
    long addr;
    long oldLen;
    long newLen;
    long newAddr;
    @Nullable VmArea vma;
    boolean populateExpand;

    Remap(Mm mm, long addr, long oldLen, long newLen, int flags, long newAddr) {
      this.mm = mm;
      this.addr = addr;
      this.oldLen = pageAlignUp(oldLen);
      this.newLen = pageAlignUp(newLen);
      this.flags = flags;
      this.newAddr = newAddr;
    }

    boolean has(int flag) {
      return (flags & flag) != 0;
    }

    boolean impliesNewAddr() {
      return has(MREMAP_FIXED | MREMAP_DONTUNMAP);
    }

    VmArea vma() {
      return Objects.requireNonNull(vma);
    }

    boolean expands() {
      return Long.compareUnsigned(newLen, oldLen) > 0;
    }

    boolean shrinks() {
      return Long.compareUnsigned(newLen, oldLen) < 0;
    }

    long delta() {
      return shrinks() ? oldLen - newLen : newLen - oldLen;
    }
  }

  /**
   * The system call.
   *
   * @param flags MREMAP_*
   * @return the new address, or a negative errno
   */
  @PortedFrom(
      value = {"mm/mremap.c:do_mremap", "mm/mremap.c:vrm_move_only"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb; userfaultfd hears of nothing")
  public long doMremap(Mm mm, long addr, long oldLen, long newLen, int flags, long newAddr) {
    Remap vrm = new Remap(mm, addr, oldLen, newLen, flags, newAddr);
    int err = checkMremapParams(vrm);
    if (err != 0) {
      return err;
    }
    long result;
    mm.mmapLock.writeLock();
    try {
      if (mm.vmas.size() + 4 > VmaModify.MAX_MAP_COUNT) {
        return -Errno.ENOMEM;
      }
      if (vrm.has(MREMAP_FIXED) && vrm.oldLen == vrm.newLen) {
        result = remapMove(vrm);
      } else {
        vrm.vma = mm.vmas.vmaLookup(addr);
        err = checkPrepVma(vrm);
        if (err != 0) {
          return err;
        }
        result = vrm.impliesNewAddr() ? mremapTo(vrm) : mremapAt(vrm);
      }
    } finally {
      mm.mmapLock.writeUnlock();
    }
    if (result >= 0 && vrm.populateExpand) {
      var _ = populate.mmPopulateRaw(mm, vrm.newAddr + vrm.oldLen, vrm.delta(), true);
    }
    return result;
  }

  @PortedFrom("mm/mremap.c:check_mremap_params")
  private static int checkMremapParams(Remap vrm) {
    boolean bad =
        (vrm.flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) != 0
            || !isPageAligned(vrm.addr)
            || vrm.newLen == 0
            || Long.compareUnsigned(vrm.newLen, TASK_SIZE) > 0;
    if (!bad && vrm.impliesNewAddr()) {
      bad =
          Long.compareUnsigned(vrm.newAddr, TASK_SIZE - vrm.newLen) > 0
              || !isPageAligned(vrm.newAddr)
              || !vrm.has(MREMAP_MAYMOVE)
              || (vrm.has(MREMAP_DONTUNMAP) && vrm.oldLen != vrm.newLen)
              || vrmOverlaps(vrm);
    }
    return bad ? -Errno.EINVAL : 0;
  }

  @PortedFrom("mm/mremap.c:vrm_overlaps")
  private static boolean vrmOverlaps(Remap vrm) {
    return Long.compareUnsigned(vrm.addr + vrm.oldLen, vrm.newAddr) > 0
        && Long.compareUnsigned(vrm.newAddr + vrm.newLen, vrm.addr) > 0;
  }

  /** Moves all VMAs of a range, and keeps the holes between them. */
  @PortedFrom("mm/mremap.c:remap_move")
  private long remapMove(Remap vrm) {
    long start = vrm.addr;
    long end = vrm.addr + vrm.oldLen;
    long target = vrm.newAddr;
    long result = -Errno.EFAULT;
    long lastEnd = 0;
    boolean seen = false;
    VmArea vma = vrm.mm.vmas.findVmaIntersection(start, end);
    while (vma != null) {
      if (!seen && start < vma.vmStart) {
        return -Errno.EFAULT;
      }
      long addr = Math.max(vma.vmStart, start);
      long len = Math.min(end, vma.vmEnd) - addr;
      long offset = seen ? vma.vmStart - lastEnd : 0;
      lastEnd = vma.vmEnd;
      vrm.vma = vma;
      vrm.addr = addr;
      vrm.newAddr = target + offset;
      vrm.oldLen = len;
      vrm.newLen = len;
      if (!vmaMultiAllowed(vma) && (seen || vma.vmEnd < end)) {
        return -Errno.EFAULT;
      }
      long moved = checkPrepVma(vrm);
      if (moved == 0) {
        moved = mremapTo(vrm);
      }
      if (moved < 0) {
        return moved;
      }
      if (!seen) {
        result = moved;
      }
      seen = true;
      target = moved + len;
      vma = addr + len < end ? vrm.mm.vmas.findVmaIntersection(addr + len, end) : null;
    }
    return result;
  }

  /** Whether a VMA may be moved together with others. */
  @PortedFrom(
      value = "mm/mremap.c:vma_multi_allowed",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files in memory may all be")
  private static boolean vmaMultiAllowed(VmArea vma) {
    return vma.vmUserfaultfdCtx == null;
  }

  @PortedFrom({"mm/mremap.c:check_prep_vma", "mm/mremap.c:vrm_will_map_new"})
  private static int checkPrepVma(Remap vrm) {
    VmArea vma = vrm.vma;
    if (vma == null) {
      return -Errno.EFAULT;
    }
    if (Mseal.vmaIsSealed(vma)) {
      return -Errno.EPERM;
    }
    if (!vrm.impliesNewAddr()) {
      vrm.newAddr = vrm.addr;
    }
    if (!vrm.expands() && !vrm.impliesNewAddr()) {
      return 0;
    }
    if (vrm.oldLen == 0 && !vma.has(VM_SHARED | VM_MAYSHARE)) {
      return -Errno.EINVAL;
    }
    if (vrm.has(MREMAP_DONTUNMAP) && vma.has(VM_DONTEXPAND | VM_PFNMAP)) {
      return -Errno.EINVAL;
    }
    long oldLen = vrm.shrinks() ? vrm.newLen : vrm.oldLen;
    if (Long.compareUnsigned(oldLen, vma.vmEnd - vrm.addr) > 0) {
      return -Errno.EFAULT;
    }
    if (vrm.newLen == oldLen) {
      return 0;
    }
    if (vma.has(VM_LOCKED)) {
      vrm.populateExpand = true;
    }
    long pgoff = vma.linearPageIndex(vrm.addr);
    if (Long.compareUnsigned(pgoff + bytesToPages(vrm.newLen), pgoff) < 0) {
      return -Errno.EINVAL;
    }
    if (vma.has(VM_DONTEXPAND | VM_PFNMAP)) {
      return -Errno.EFAULT;
    }
    if (!Limits.mlockFutureOk(vrm.mm, vma.has(VM_LOCKED), vrm.delta())) {
      return -Errno.EAGAIN;
    }
    return Limits.mayExpandVm(vrm.mm, vma.vmFlags, bytesToPages(vrm.delta())) ? 0 : -Errno.ENOMEM;
  }

  @PortedFrom("mm/mremap.c:mremap_to")
  private long mremapTo(Remap vrm) {
    if (vrm.has(MREMAP_FIXED)) {
      int err = munmap.doMunmap(vrm.mm, vrm.newAddr, vrm.newLen);
      if (err != 0) {
        return err;
      }
      vrm.vma = vrm.mm.vmas.vmaLookup(vrm.addr);
      if (vrm.vma == null) {
        return -Errno.EFAULT;
      }
    }
    if (vrm.shrinks()) {
      int err = shrinkVma(vrm);
      if (err != 0) {
        return err;
      }
      vrm.oldLen = vrm.newLen;
    }
    if (vrm.has(MREMAP_DONTUNMAP)
        && !Limits.mayExpandVm(vrm.mm, vrm.vma().vmFlags, bytesToPages(vrm.oldLen))) {
      return -Errno.ENOMEM;
    }
    int err = vrmSetNewAddr(vrm);
    return err != 0 ? err : moveVma(vrm);
  }

  /** With MREMAP_FIXED the place is free by now; with DONTUNMAP it is a hint. */
  @PortedFrom("mm/mremap.c:vrm_set_new_addr")
  private static int vrmSetNewAddr(Remap vrm) {
    VmArea vma = vrm.vma();
    long wanted = vrm.impliesNewAddr() ? vrm.newAddr : 0;
    boolean anonymous = vma.vmFile == null && !vma.has(VM_MAYSHARE);
    long found =
        UnmappedArea.getUnmappedAreaRaw(
            vrm.mm, wanted, vrm.newLen, vrm.has(MREMAP_FIXED), anonymous);
    if (found < 0) {
      return (int) found;
    }
    vrm.newAddr = found;
    return 0;
  }

  @PortedFrom("mm/mremap.c:shrink_vma")
  private int shrinkVma(Remap vrm) {
    int err = munmap.doMunmap(vrm.mm, vrm.addr + vrm.newLen, vrm.delta());
    if (err != 0) {
      return err;
    }
    vrm.vma = vrm.mm.vmas.vmaLookup(vrm.addr);
    return vrm.vma == null ? -Errno.EFAULT : 0;
  }

  @PortedFrom({"mm/mremap.c:mremap_at", "mm/mremap.c:expand_vma"})
  private long mremapAt(Remap vrm) {
    if (vrm.shrinks()) {
      int err = munmap.doMunmap(vrm.mm, vrm.addr + vrm.newLen, vrm.delta());
      return err != 0 ? err : vrm.addr;
    }
    if (!vrm.expands()) {
      return vrm.addr;
    }
    if (vrmCanExpandInPlace(vrm)) {
      int err = expandVmaInPlace(vrm);
      return err != 0 ? err : vrm.addr;
    }
    if (!vrm.has(MREMAP_MAYMOVE)) {
      return -Errno.ENOMEM;
    }
    int err = vrmSetNewAddr(vrm);
    return err != 0 ? err : moveVma(vrm);
  }

  @PortedFrom({"mm/mremap.c:vrm_can_expand_in_place", "mm/mremap.c:vma_expandable"})
  private static boolean vrmCanExpandInPlace(Remap vrm) {
    VmArea vma = vrm.vma();
    long end = vma.vmEnd + vrm.delta();
    return vma.vmEnd - vrm.addr == vrm.oldLen
        && end >= vma.vmEnd
        && vrm.mm.vmas.findVmaIntersection(vma.vmEnd, end) == null
        && end <= TASK_SIZE;
  }

  @PortedFrom("mm/mremap.c:expand_vma_in_place")
  private int expandVmaInPlace(Remap vrm) {
    if (!vrmCalcCharge(vrm)) {
      return -Errno.ENOMEM;
    }
    VmArea vma = merge.vmaMergeExtend(vrm.vma(), vrm.delta());
    if (vma == null) {
      return -Errno.ENOMEM;
    }
    vrm.vma = vma;
    vrmStatAccount(vrm, vma, vrm.delta());
    return 0;
  }

  @PortedFrom("mm/mremap.c:vrm_calc_charge")
  private boolean vrmCalcCharge(Remap vrm) {
    if (!vrm.vma().has(VM_ACCOUNT)) {
      return true;
    }
    return commit.vmEnoughMemoryRaw(
        bytesToPages(vrm.has(MREMAP_DONTUNMAP) ? vrm.newLen : vrm.delta()));
  }

  @PortedFrom("mm/mremap.c:vrm_stat_account")
  private static void vrmStatAccount(Remap vrm, VmArea vma, long bytes) {
    vrm.mm.vmStatAccount(vma.vmFlags, bytesToPages(bytes));
    if (vma.has(VM_LOCKED)) {
      vrm.mm.lockedVm += bytesToPages(bytes);
    }
  }

  @PortedFrom(
      value = "mm/mremap.c:prep_move_vma",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no mapping here refuses to be split")
  private int prepMoveVma(Remap vrm) {
    VmArea vma = vrm.vma();
    long end = vrm.addr + vrm.oldLen;
    if (vrm.mm.vmas.size() + 2 > VmaModify.MAX_MAP_COUNT) {
      return -Errno.ENOMEM;
    }
    return ksm.ksmMadviseUnmergeable(vma, vrm.addr, end, vma.vmFlags);
  }

  @PortedFrom("mm/mremap.c:move_vma")
  private long moveVma(Remap vrm) {
    int err = prepMoveVma(vrm);
    if (err != 0) {
      return err;
    }
    if (!vrmCalcCharge(vrm)) {
      return -Errno.ENOMEM;
    }
    VmArea source = vrm.vma();
    CopyVma.Copy copied =
        copy.copyVma(source, vrm.newAddr, vrm.newLen, source.linearPageIndex(vrm.addr));
    if (copied == null) {
      return -Errno.ENOMEM;
    }
    err = copyVmaAndData(vrm, copied);
    // for a moment both places are accounted, which is no high-water mark
    long hiwaterVm = vrm.mm.hiwaterVm;
    // the locked memory of a source that stays is counted twice from here on, as in Linux
    vrmStatAccount(vrm, vrm.vma(), vrm.newLen);
    if (err == 0 && vrm.has(MREMAP_DONTUNMAP)) {
      dontunmapComplete(vrm, copied.fresh());
    } else {
      unmapSourceVma(vrm, vrm.vma());
    }
    vrm.mm.hiwaterVm = hiwaterVm;
    return err != 0 ? err : vrm.newAddr;
  }

  /** Moves the entries; where that fails, moves them back and makes the new place the source. */
  @PortedFrom(
      value = "mm/mremap.c:copy_vma_and_data",
      fidelity = Fidelity.ADAPTED,
      differs = "the copy is made by the caller")
  private int copyVmaAndData(Remap vrm, CopyVma.Copy copied) {
    vrm.vma = copied.source();
    long moved =
        move.movePageTables(
            copied.source(),
            copied.fresh(),
            vrm.addr,
            vrm.newAddr,
            vrm.oldLen,
            copied.needRmapLocks());
    if (moved == vrm.oldLen) {
      Userfaultfd.mremapUserfaultfdPrep(copied.fresh());
      return 0;
    }
    var _ =
        move.movePageTables(copied.fresh(), copied.source(), vrm.newAddr, vrm.addr, moved, true);
    vrm.vma = copied.fresh();
    vrm.oldLen = vrm.newLen;
    vrm.addr = vrm.newAddr;
    return -Errno.ENOMEM;
  }

  /** The old place, with nothing in it now, keeps the page offset that its pages had. */
  @PortedFrom("mm/mremap.c:dontunmap_complete")
  private void dontunmapComplete(Remap vrm, VmArea fresh) {
    VmArea vma = vrm.vma();
    vma.vmFlags &= ~VM_LOCKED_MASK;
    if (fresh != vma && vrm.addr == vma.vmStart && vrm.addr + vrm.oldLen == vma.vmEnd) {
      anonVmas.unlinkAnonVmas(vma);
    }
  }

  /** Unmaps the old place; what is left of its VMA stays accounted. */
  @PortedFrom("mm/mremap.c:unmap_source_vma")
  private void unmapSourceVma(Remap vrm, VmArea vma) {
    boolean accountable = vma.has(VM_ACCOUNT);
    long start = vma.vmStart;
    long end = vma.vmEnd;
    if (accountable) {
      vma.vmFlags &= ~VM_ACCOUNT;
    }
    long addr = vrm.addr;
    var _ = munmap.doMunmap(vrm.mm, addr, vrm.oldLen);
    if (!accountable) {
      return;
    }
    if (start < addr) {
      Objects.requireNonNull(vrm.mm.vmas.vmaLookup(addr - 1)).vmFlags |= VM_ACCOUNT;
    }
    if (end > addr + vrm.oldLen) {
      Objects.requireNonNull(vrm.mm.vmas.vmaLookup(addr + vrm.oldLen)).vmFlags |= VM_ACCOUNT;
    }
  }
}
