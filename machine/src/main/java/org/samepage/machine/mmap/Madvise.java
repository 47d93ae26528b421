// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.lowerAddr;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_DONTCOPY;
import static org.samepage.mm.vma.VmFlags.VM_DROPPABLE;
import static org.samepage.mm.vma.VmFlags.VM_HUGEPAGE;
import static org.samepage.mm.vma.VmFlags.VM_IO;
import static org.samepage.mm.vma.VmFlags.VM_MERGEABLE;
import static org.samepage.mm.vma.VmFlags.VM_NOHUGEPAGE;
import static org.samepage.mm.vma.VmFlags.VM_RAND_READ;
import static org.samepage.mm.vma.VmFlags.VM_SEQ_READ;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_WIPEONFORK;

import org.samepage.ksm.unmerge.KsmMadvise;
import org.samepage.machine.fault.Populate;
import org.samepage.machine.file.Memfd;
import org.samepage.machine.thp.MadviseCollapse;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** madvise: advice about a range, which may span several VMAs and holes. */
public final class Madvise {
  /** The advice that there is so far, by the names without MADV_. */
  public enum Advice {
    NORMAL,
    RANDOM,
    SEQUENTIAL,
    DONTNEED,
    REMOVE,
    FREE,
    DONTFORK,
    DOFORK,
    MERGEABLE,
    UNMERGEABLE,
    HUGEPAGE,
    NOHUGEPAGE,
    WIPEONFORK,
    KEEPONFORK,
    COLD,
    PAGEOUT,
    COLLAPSE,
    POPULATE_READ,
    POPULATE_WRITE,
    GUARD_INSTALL,
    GUARD_REMOVE;

    /** Whether it is given with mmap_lock held for reading. */
    boolean reads() {
      return switch (this) {
        case DONTNEED,
            FREE,
            REMOVE,
            COLD,
            PAGEOUT,
            COLLAPSE,
            POPULATE_READ,
            POPULATE_WRITE,
            GUARD_INSTALL,
            GUARD_REMOVE ->
            true;
        default -> false;
      };
    }

    @PortedFrom("mm/madvise.c:is_discard")
    boolean isDiscard() {
      return switch (this) {
        case DONTNEED, FREE, REMOVE, DONTFORK, WIPEONFORK, GUARD_INSTALL -> true;
        default -> false;
      };
    }
  }

  private final KsmMadvise ksm;
  private final ZapRange zap;
  private final VmaModify modify;
  private final MadviseGuard guard;
  private final Populate populate;
  private final FileSize fileSize;
  private final Pages pages;

  /** Advice about pages, of which some may be huge. */
  public record Pages(MadviseFree free, MadviseColdPageout coldPageout, MadviseCollapse collapse) {}

  public Madvise(
      KsmMadvise ksm,
      ZapRange zap,
      VmaModify modify,
      MadviseGuard guard,
      Populate populate,
      FileSize fileSize,
      Pages pages) {
    this.pages = pages;
    this.ksm = ksm;
    this.zap = zap;
    this.modify = modify;
    this.guard = guard;
    this.populate = populate;
    this.fileSize = fileSize;
  }

  /**
   * Advises about {@code [start, start + len)}.
   *
   * @return 0, or a negative errno: {@code -ENOMEM} where a part is not mapped, after all mapped
   *     parts were advised
   */
  @PortedFrom(
      value = {"mm/madvise.c:do_madvise", "mm/madvise.c:madvise_walk_vmas"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "not all kinds of advice; mmap_lock instead of VMA locks")
  public int doMadvise(Mm mm, long start, long len, Advice advice) {
    if (!isPageAligned(start)) {
      return -Errno.EINVAL;
    }
    long size = pageAlignUp(len);
    if ((len != 0 && size == 0) || Long.compareUnsigned(start + size, start) < 0) {
      return -Errno.EINVAL;
    }
    if (size == 0) {
      return 0;
    }
    boolean write = !advice.reads();
    lock(mm, write);
    try {
      return switch (advice) {
        case POPULATE_READ -> populate.faultinPageRange(mm, start, start + size, false);
        case POPULATE_WRITE -> populate.faultinPageRange(mm, start, start + size, true);
        default -> walkVmas(mm, start, start + size, advice);
      };
    } finally {
      unlock(mm, write);
    }
  }

  private static void lock(Mm mm, boolean write) {
    if (write) {
      mm.mmapLock.writeLock();
    } else {
      mm.mmapLock.readLock();
    }
  }

  private static void unlock(Mm mm, boolean write) {
    if (write) {
      mm.mmapLock.writeUnlock();
    } else {
      mm.mmapLock.readUnlock();
    }
  }

  private int walkVmas(Mm mm, long start, long end, Advice advice) {
    int unmapped = 0;
    long at = start;
    while (Long.compareUnsigned(at, end) < 0) {
      VmArea vma = at < 0 ? null : mm.vmas.findVma(at);
      if (vma == null || Long.compareUnsigned(vma.vmStart, end) >= 0) {
        return -Errno.ENOMEM;
      }
      if (at < vma.vmStart) {
        unmapped = -Errno.ENOMEM;
        at = vma.vmStart;
      }
      long upTo = lowerAddr(end, vma.vmEnd);
      int err = madviseVmaBehavior(vma, at, upTo, advice);
      if (err != 0) {
        return err;
      }
      at = upTo;
    }
    return unmapped;
  }

  @PortedFrom(
      value = "mm/madvise.c:madvise_vma_behavior",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "not all kinds of advice")
  private int madviseVmaBehavior(VmArea vma, long start, long end, Advice advice) {
    if (!canMadviseModify(vma, advice)) {
      return -Errno.EPERM;
    }
    long flags = vma.vmFlags;
    return switch (advice) {
      case NORMAL -> madviseUpdateVma(vma, start, end, flags & ~(VM_SEQ_READ | VM_RAND_READ));
      case SEQUENTIAL -> madviseUpdateVma(vma, start, end, (flags & ~VM_RAND_READ) | VM_SEQ_READ);
      case RANDOM -> madviseUpdateVma(vma, start, end, (flags & ~VM_SEQ_READ) | VM_RAND_READ);
      case REMOVE -> madviseRemove(vma, start, end);
      case DONTNEED -> madviseDontneedFree(vma, start, end, false);
      case FREE -> madviseDontneedFree(vma, start, end, true);
      case COLD -> pages.coldPageout.madviseCold(vma, start, end);
      case PAGEOUT -> pages.coldPageout.madvisePageout(vma, start, end);
      case COLLAPSE -> pages.collapse.madviseCollapse(vma, start, end);
      case GUARD_INSTALL -> guard.madviseGuardInstall(vma, start, end);
      case GUARD_REMOVE -> guard.madviseGuardRemove(vma, start, end);
      case DONTFORK -> madviseUpdateVma(vma, start, end, flags | VM_DONTCOPY);
      case DOFORK ->
          vma.has(VM_IO) ? -Errno.EINVAL : madviseUpdateVma(vma, start, end, flags & ~VM_DONTCOPY);
      case WIPEONFORK ->
          vma.vmFile != null || vma.has(VM_SHARED)
              ? -Errno.EINVAL
              : madviseUpdateVma(vma, start, end, flags | VM_WIPEONFORK);
      case KEEPONFORK ->
          vma.has(VM_DROPPABLE)
              ? -Errno.EINVAL
              : madviseUpdateVma(vma, start, end, flags & ~VM_WIPEONFORK);
      case HUGEPAGE -> hugepageMadvise(vma, start, end, VM_HUGEPAGE, VM_NOHUGEPAGE);
      case NOHUGEPAGE -> hugepageMadvise(vma, start, end, VM_NOHUGEPAGE, VM_HUGEPAGE);
      case MERGEABLE -> {
        long merged = ksm.ksmMadviseMergeable(vma, flags);
        yield merged == -Errno.ENOMEM ? -Errno.EAGAIN : madviseUpdateVma(vma, start, end, merged);
      }
      case UNMERGEABLE -> {
        int err = ksm.ksmMadviseUnmergeable(vma, start, end, flags);
        yield err == -Errno.ENOMEM
            ? -Errno.EAGAIN
            : err != 0 ? err : madviseUpdateVma(vma, start, end, flags & ~VM_MERGEABLE);
      }
      case POPULATE_READ, POPULATE_WRITE -> throw new IllegalStateException("no advice of a VMA");
    };
  }

  /** Of what is sealed, anonymous memory that may not be written keeps its contents. */
  @PortedFrom(
      value = "mm/madvise.c:can_madvise_modify",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no protection keys")
  private static boolean canMadviseModify(VmArea vma, Advice advice) {
    return !Mseal.vmaIsSealed(vma)
        || !advice.isDiscard()
        || !vma.vmaIsAnonymous()
        || vma.has(VmFlags.VM_WRITE);
  }

  /** Punches a hole into the file. Gives mmap_lock up meanwhile: the VMA may be gone afterwards. */
  @PortedFrom(
      value = "mm/madvise.c:madvise_remove",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no userfaultfd hears of it")
  private int madviseRemove(VmArea vma, long start, long end) {
    AddressSpace file = vma.vmFile;
    if (vma.has(VmFlags.VM_LOCKED) || file == null) {
      return -Errno.EINVAL;
    }
    if (!Memfd.vmaIsSharedMaywrite(vma)) {
      return -Errno.EACCES;
    }
    long offset = PageUnits.pagesToBytes(vma.linearPageIndex(start));
    file.get();
    vma.vmMm.mmapLock.readUnlock();
    int err = fileSize.shmemFallocate(file, offset, end - start);
    fileSize.fput(file);
    vma.vmMm.mmapLock.readLock();
    return err;
  }

  @PortedFrom(
      value = "mm/khugepaged.c:hugepage_madvise",
      fidelity = Fidelity.ADAPTED,
      differs = "no khugepaged to tell; changes the VMA too")
  private int hugepageMadvise(VmArea vma, long start, long end, long flag, long opposite) {
    return madviseUpdateVma(vma, start, end, (vma.vmFlags & ~opposite) | flag);
  }

  @PortedFrom(
      value = "mm/madvise.c:madvise_dontneed_free",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no userfaultfd that hears of it")
  private int madviseDontneedFree(VmArea vma, long start, long end, boolean free) {
    if (vma.has(VmFlags.VM_LOCKED | VmFlags.VM_PFNMAP)) {
      return -Errno.EINVAL;
    }
    if (free) {
      return pages.free.madviseFreeSingleVma(vma, start, end);
    }
    zap.unmapPageRange(vma, start, end, true);
    return 0;
  }

  @PortedFrom(
      value = "mm/madvise.c:madvise_update_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "-EAGAIN where there are too many mappings, as its callers make of it")
  private int madviseUpdateVma(VmArea part, long start, long end, long flags) {
    if (flags == part.vmFlags) {
      return 0;
    }
    VmArea vma = modify.vmaModifyFlags(part, start, end, flags);
    if (vma == null) {
      return -Errno.EAGAIN;
    }
    vma.vmFlagsReset(flags);
    return 0;
  }
}
