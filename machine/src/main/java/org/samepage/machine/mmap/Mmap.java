// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c and mm/vma.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignDown;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_ACCESS_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_ACCOUNT;
import static org.samepage.mm.vma.VmFlags.VM_GROWSDOWN;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;
import static org.samepage.mm.vma.VmFlags.VM_MAYEXEC;
import static org.samepage.mm.vma.VmFlags.VM_MAYREAD;
import static org.samepage.mm.vma.VmFlags.VM_MAYSHARE;
import static org.samepage.mm.vma.VmFlags.VM_MAYWRITE;
import static org.samepage.mm.vma.VmFlags.VM_NOHUGEPAGE;
import static org.samepage.mm.vma.VmFlags.VM_NORESERVE;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_SOFTDIRTY;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.machine.fault.Populate;
import org.samepage.machine.file.Memfd;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.FileVmas;

/** mmap. */
public final class Mmap {
  public static final int MAP_SHARED = 0x1;
  public static final int MAP_PRIVATE = 0x2;
  public static final int MAP_SHARED_VALIDATE = 0x3;
  public static final int MAP_DROPPABLE = 0x8;
  public static final int MAP_TYPE = 0xf;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_GROWSDOWN = 0x100;
  public static final int MAP_LOCKED = 0x2000;
  public static final int MAP_NORESERVE = 0x4000;
  public static final int MAP_POPULATE = 0x8000;
  public static final int MAP_NONBLOCK = 0x1_0000;
  public static final int MAP_STACK = 0x2_0000;
  public static final int MAP_FIXED_NOREPLACE = 0x10_0000;

  /** What MAP_SHARED takes, with what it passes over; MAP_SHARED_VALIDATE takes no more. */
  private static final int LEGACY_MAP_MASK =
      MAP_SHARED
          | MAP_PRIVATE
          | MAP_FIXED
          | MAP_GROWSDOWN
          | MAP_LOCKED
          | MAP_NORESERVE
          | MAP_POPULATE
          | MAP_NONBLOCK
          | MAP_STACK
          | 0x20 // MAP_ANONYMOUS
          | 0xc0 // MAP_32BIT, MAP_ABOVE4G
          | 0x1800 // MAP_DENYWRITE, MAP_EXECUTABLE
          | 0x4_0000; // MAP_HUGETLB

  private final Sched sched;
  private final Munmap munmap;
  private final VmaMerge merge;
  private final Populate populate;
  private final Commit commit;
  private final MergeAny ksm;

  public Mmap(
      Sched sched, Munmap munmap, VmaMerge merge, Populate populate, Commit commit, MergeAny ksm) {
    this.sched = sched;
    this.munmap = munmap;
    this.merge = merge;
    this.populate = populate;
    this.commit = commit;
    this.ksm = ksm;
  }

  /**
   * What is to be mapped.
   *
   * @param addr where it must be with MAP_FIXED and MAP_FIXED_NOREPLACE, else a hint; 0 for none
   * @param prot bits of PROT_READ, PROT_WRITE, PROT_EXEC: 1, 2, 4
   * @param flags bits of {@code MAP_*}; MAP_ANONYMOUS is not looked at
   * @param file null for anonymous memory
   * @param offset in the file [bytes]
   * @param readOnly whether the file was opened for reading alone
   */
  public record Request(
      long addr,
      long length,
      int prot,
      int flags,
      @Nullable AddressSpace file,
      long offset,
      boolean readOnly) {
    /** Of a file that was opened for writing too, or of none. */
    public Request(
        long addr, long length, int prot, int flags, @Nullable AddressSpace file, long offset) {
      this(addr, length, prot, flags, file, offset, false);
    }

    /** A request with MAP_FIXED_NOREPLACE. */
    public Request(
        long addr,
        long length,
        int prot,
        boolean shared,
        boolean noreserve,
        boolean populate,
        @Nullable AddressSpace file,
        long offset) {
      this(
          addr,
          length,
          prot,
          MAP_FIXED_NOREPLACE
              | (shared ? MAP_SHARED : MAP_PRIVATE)
              | (noreserve ? MAP_NORESERVE : 0)
              | (populate ? MAP_POPULATE : 0),
          file,
          offset);
    }

    private boolean has(int flag) {
      return (flags & flag) != 0;
    }

    private boolean shared() {
      int type = flags & MAP_TYPE;
      return type == MAP_SHARED || (type == MAP_SHARED_VALIDATE && file != null);
    }

    private boolean fixed() {
      return has(MAP_FIXED | MAP_FIXED_NOREPLACE);
    }
  }

  /**
   * Maps memory. Takes mmap_lock for writing.
   *
   * @return the address, or a negative errno
   */
  @PortedFrom(
      value = {"mm/util.c:vm_mmap_pgoff", "mm/mmap.c:do_mmap"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no protection keys, no droppable or huge mappings")
  public long doMmap(Mm mm, Request request) {
    if (!isPageAligned(request.offset) || request.length == 0) {
      return -Errno.EINVAL;
    }
    long len = pageAlignUp(request.length);
    long pgoff = bytesToPages(request.offset);
    if (len == 0) {
      return -Errno.ENOMEM;
    }
    long flags = calcVmFlags(request);
    long addr;
    mm.mmapLock.writeLock();
    try {
      addr = place(mm, request, len);
      if (addr < 0) {
        return addr;
      }
      int err = mayMap(mm, request, flags, pgoff, len);
      if (err != 0) {
        return err;
      }
      flags = ofFile(request, flags);
      if (flags < 0) {
        return flags;
      }
      err = mmapRegion(mm, addr, len, pgoff, flags, request.file);
      if (err != 0) {
        return err;
      }
    } finally {
      mm.mmapLock.writeUnlock();
    }
    if ((flags & VM_LOCKED) != 0
        || (request.flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE) {
      var _ = populate.mmPopulateRaw(mm, addr, len, true);
    }
    return addr;
  }

  /**
   * The flags of a mapping of a file, or a negative errno. What is shared and read-only looks
   * private, but for VM_MAYSHARE: nobody has to ask who writes.
   */
  @PortedFrom(
      value = "mm/mmap.c:do_mmap",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "what it asks the file; every file may be read and executed")
  private static long ofFile(Request request, long wanted) {
    if (request.file == null) {
      return wanted;
    }
    long flags = wanted;
    if (request.shared() && request.readOnly) {
      if ((flags & VM_WRITE) != 0) {
        return -Errno.EACCES;
      }
      flags &= ~(VM_MAYWRITE | VM_SHARED);
    }
    return Memfd.memfdCheckSealsMmap(request.file, flags);
  }

  @PortedFrom(
      value = {"include/linux/mman.h:calc_vm_prot_bits", "include/linux/mman.h:calc_vm_flag_bits"},
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "with what do_mmap adds for the kind of mapping")
  private static long calcVmFlags(Request request) {
    long flags = (request.prot & VM_ACCESS_FLAGS) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
    flags |= request.has(MAP_GROWSDOWN) ? VM_GROWSDOWN : 0;
    flags |= request.has(MAP_LOCKED) ? VM_LOCKED : 0;
    flags |= request.has(MAP_STACK) ? VM_NOHUGEPAGE : 0;
    flags |= request.shared() ? VM_SHARED | VM_MAYSHARE : 0;
    flags |= request.has(MAP_NORESERVE) ? VM_NORESERVE : 0;
    return flags;
  }

  private static long place(Mm mm, Request request, long len) {
    if (mm.vmas.size() > VmaModify.MAX_MAP_COUNT) {
      return -Errno.ENOMEM;
    }
    boolean anonymous = request.file == null && !request.shared();
    long wanted = request.fixed() ? request.addr : roundHintToMin(request.addr);
    long addr = UnmappedArea.getUnmappedAreaRaw(mm, wanted, len, request.fixed(), anonymous);
    if (addr >= 0
        && request.has(MAP_FIXED_NOREPLACE)
        && mm.vmas.findVmaIntersection(addr, addr + len) != null) {
      return -Errno.EEXIST;
    }
    return addr;
  }

  @PortedFrom("mm/mmap.c:round_hint_to_min")
  private static long roundHintToMin(long hint) {
    long addr = pageAlignDown(hint);
    boolean low = addr != 0 && Long.compareUnsigned(addr, UnmappedArea.MMAP_MIN_ADDR) < 0;
    return low ? UnmappedArea.MMAP_MIN_ADDR : addr;
  }

  /** What do_mmap refuses once it has a place. */
  private static int mayMap(Mm mm, Request request, long flags, long pgoff, long len) {
    if (request.has(MAP_LOCKED) && !Limits.canDoMlock(mm)) {
      return -Errno.EPERM;
    }
    if (!Limits.mlockFutureOk(mm, (flags & VM_LOCKED) != 0, len)) {
      return -Errno.EAGAIN;
    }
    if (request.file != null && !fileMmapOk(pgoff, len)) {
      return -Errno.EOVERFLOW;
    }
    int type = request.flags & MAP_TYPE;
    if (request.file == null && type == MAP_DROPPABLE) {
      throw new NotSupportedYetException("mmap with MAP_DROPPABLE");
    }
    if (request.file != null
        && type == MAP_SHARED_VALIDATE
        && (request.flags & ~LEGACY_MAP_MASK) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    boolean shared = request.shared();
    boolean ofFile = shared || request.file != null;
    boolean bad = (!shared && type != MAP_PRIVATE) || (ofFile && (flags & VM_GROWSDOWN) != 0);
    return bad ? -Errno.EINVAL : 0;
  }

  @PortedFrom(
      value = {"mm/mmap.c:file_mmap_ok", "mm/mmap.c:file_mmap_size_max"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files in memory, which may be as long as a signed offset can say")
  private static boolean fileMmapOk(long pgoff, long len) {
    return pgoff <= bytesToPages(Long.MAX_VALUE - len);
  }

  /** What is mapped there goes first; where the new mapping then fails, its place stays empty. */
  @PortedFrom(
      value = {"mm/vma.c:mmap_region", "mm/vma.c:__mmap_region", "mm/vma.c:__mmap_setup"},
      fidelity = Fidelity.ADAPTED,
      differs = "what was there is gone for good before the new mapping is made")
  private int mmapRegion(
      Mm mm, long addr, long len, long pgoff, long wanted, @Nullable AddressSpace file) {
    List<VmArea> there = new ArrayList<>();
    int err = munmap.vmsGatherMunmapVmas(mm, addr, addr + len, there);
    if (err != 0) {
      return err;
    }
    long pages = bytesToPages(len);
    long before = 0;
    long accounted = 0;
    for (VmArea vma : there) {
      before += vma.vmaPages();
      accounted += vma.has(VM_ACCOUNT) ? vma.vmaPages() : 0;
    }
    if (!Limits.mayExpandVm(mm, wanted, pages - before)) {
      return -Errno.ENOMEM;
    }
    long flags = wanted;
    if (accountableMapping(flags)) {
      if (pages != accounted && !commit.vmEnoughMemoryRaw(pages - accounted)) {
        return -Errno.ENOMEM;
      }
      flags |= VM_ACCOUNT;
    }
    if (!there.isEmpty()) {
      munmap.vmsCompleteMunmapVmas(mm, there);
    }
    flags = ksm.ksmVmaFlags(mm, flags);
    boolean shared = (flags & VM_SHARED) != 0;
    long offset = file != null ? pgoff : shared ? 0 : bytesToPages(addr);
    VmaMergeState vmg = VmaMergeState.ofNewRange(mm, addr, addr + len, flags, offset);
    vmg.file = file;
    VmArea vma = merge.vmaMergeNewRange(vmg);
    if (vma == null) {
      vma = mmapNewVmaRaw(vmg);
      if (vma == null) {
        return -Errno.ENOMEM;
      }
    }
    mm.vmStatAccount(vma.vmFlags, pages);
    mm.lockedVm += (flags & VM_LOCKED) != 0 ? pages : 0;
    mmapCompleteRaw(vma);
    return 0;
  }

  @PortedFrom(
      value = {"mm/vma.c:__mmap_new_vma", "mm/shmem.c:shmem_zero_setup"},
      fidelity = Fidelity.ADAPTED,
      differs = "null for ENOMEM; what is shared belongs to one file each, as there")
  private @Nullable VmArea mmapNewVmaRaw(VmaMergeState vmg) {
    if (sched.failSlab.shouldFailslab(Alloc.VM_AREA)
        || sched.failSlab.shouldFailslab(Alloc.VMA_TREE)) {
      return null;
    }
    long len = vmg.end - vmg.start;
    VmArea vma = new VmArea(vmg.mm, vmg.start, vmg.end, vmg.flags, vmg.pgoff);
    AddressSpace file = vmg.file;
    if (file != null) {
      vma.vmFile = file;
      file.get();
    } else if (vma.has(VM_SHARED)) {
      if (!vma.has(VM_NORESERVE) && !commit.vmEnoughMemoryRaw(bytesToPages(len))) {
        return null;
      }
      vma.vmFile = new AddressSpace(sched, "/dev/zero", len);
    }
    vmg.mm.vmas.insert(vma);
    FileVmas.vmaLinkFile(vma);
    return vma;
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
