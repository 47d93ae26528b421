// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c and mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_ACCESS_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_ACCOUNT;
import static org.samepage.mm.vma.VmFlags.VM_MAYEXEC;
import static org.samepage.mm.vma.VmFlags.VM_MAYREAD;
import static org.samepage.mm.vma.VmFlags.VM_MAYSHARE;
import static org.samepage.mm.vma.VmFlags.VM_MAYWRITE;
import static org.samepage.mm.vma.VmFlags.VM_NORESERVE;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_SOFTDIRTY;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.machine.fault.Populate;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.FileVmas;

/** mmap at a fixed place that must be free. */
public final class Mmap {
  private final Sched sched;
  private final VmaMerge merge;
  private final Populate populate;
  private final Commit commit;
  private final MergeAny ksm;

  public Mmap(Sched sched, VmaMerge merge, Populate populate, Commit commit, MergeAny ksm) {
    this.sched = sched;
    this.merge = merge;
    this.populate = populate;
    this.commit = commit;
    this.ksm = ksm;
  }

  /**
   * What is to be mapped.
   *
   * @param prot bits of PROT_READ, PROT_WRITE, PROT_EXEC: 1, 2, 4
   * @param file null for anonymous memory
   * @param offset in the file [bytes]
   */
  public record Request(
      long addr,
      long length,
      int prot,
      boolean shared,
      boolean noreserve,
      boolean populate,
      @Nullable AddressSpace file,
      long offset) {}

  /**
   * Maps memory.
   *
   * @return the address, or a negative errno
   */
  @PortedFrom(
      value = {"mm/util.c:vm_mmap_pgoff", "mm/mmap.c:do_mmap", "mm/mmap.c:__get_unmapped_area"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "MAP_FIXED_NOREPLACE alone; no limits")
  public long doMmap(Mm mm, Request request) {
    if (!isPageAligned(request.offset)) {
      return -Errno.EINVAL;
    }
    if (request.length == 0) {
      return -Errno.EINVAL;
    }
    long len = pageAlignUp(request.length);
    long pgoff = bytesToPages(request.offset);
    if (len == 0) {
      return -Errno.ENOMEM;
    }
    if (Long.compareUnsigned(len, TASK_SIZE) > 0) {
      return -Errno.ENOMEM;
    }
    long addr = request.addr;
    mm.mmapLock.writeLock();
    try {
      if (mm.vmas.size() > VmaModify.MAX_MAP_COUNT) {
        return -Errno.ENOMEM;
      }
      if (Long.compareUnsigned(addr, TASK_SIZE - len) > 0) {
        return -Errno.ENOMEM;
      }
      if (!isPageAligned(addr)) {
        return -Errno.EINVAL;
      }
      if (mm.vmas.findVmaIntersection(addr, addr + len) != null) {
        return -Errno.EEXIST;
      }
      if (request.file != null && !fileMmapOk(pgoff, len)) {
        return -Errno.EOVERFLOW;
      }
      int err = mmapRegion(mm, addr, len, pgoff, request);
      if (err != 0) {
        return err;
      }
    } finally {
      mm.mmapLock.writeUnlock();
    }
    if (request.populate) {
      var _ = populate.mmPopulateRaw(mm, addr, len, true);
    }
    return addr;
  }

  @PortedFrom(
      value = {"mm/mmap.c:file_mmap_ok", "mm/mmap.c:file_mmap_size_max"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files in memory, which may be as long as a signed offset can say")
  private static boolean fileMmapOk(long pgoff, long len) {
    return pgoff <= bytesToPages(Long.MAX_VALUE - len);
  }

  @PortedFrom(
      value = {"mm/vma.c:mmap_region", "mm/vma.c:__mmap_new_vma"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "nothing is in the way; files in memory alone")
  private int mmapRegion(Mm mm, long addr, long len, long pgoff, Request request) {
    long flags = (request.prot & VM_ACCESS_FLAGS) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
    if (request.shared) {
      flags |= VM_SHARED | VM_MAYSHARE;
    }
    if (request.noreserve) {
      flags |= VM_NORESERVE;
    }
    if (accountableMapping(flags)) {
      if (!commit.vmEnoughMemoryRaw(bytesToPages(len))) {
        return -Errno.ENOMEM;
      }
      flags |= VM_ACCOUNT;
    }
    flags = ksm.ksmVmaFlags(mm, flags);
    boolean anonymous = request.file == null;
    long offset = !anonymous ? pgoff : request.shared ? 0 : bytesToPages(addr);
    VmaMergeState vmg = VmaMergeState.ofNewRange(mm, addr, addr + len, flags, offset);
    vmg.file = request.file;
    VmArea vma = merge.vmaMergeNewRange(vmg);
    if (vma == null) {
      if (sched.failSlab.shouldFailslab(Alloc.VM_AREA)
          || sched.failSlab.shouldFailslab(Alloc.VMA_TREE)) {
        return -Errno.ENOMEM;
      }
      vma = new VmArea(mm, addr, addr + len, flags, offset);
      if (request.file != null) {
        vma.vmFile = request.file;
        request.file.get();
      } else if (request.shared) {
        vma.vmFile = new AddressSpace(sched, "/dev/zero", len);
      }
      mm.vmas.insert(vma);
      FileVmas.vmaLinkFile(vma);
    }
    mm.vmStatAccount(vma.vmFlags, bytesToPages(len));
    mmapCompleteRaw(vma);
    return 0;
  }

  /** What is new has not been asked to be clean. */
  @PortedFrom(
      value = "mm/vma.c:__mmap_complete",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "that alone")
  private static void mmapCompleteRaw(VmArea vma) {
    if (vma.vmMm.ptes.pgtableSupportsSoftDirty()) {
      vma.vmFlags |= VM_SOFTDIRTY;
    }
    vma.vmaSetPageProt();
  }

  @PortedFrom(
      value = "mm/vma.c:accountable_mapping",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb")
  private static boolean accountableMapping(long vmFlags) {
    return (vmFlags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
  }
}
