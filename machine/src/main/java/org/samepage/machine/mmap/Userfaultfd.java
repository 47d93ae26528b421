// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/userfaultfd.c and mm/userfaultfd.c.
package org.samepage.machine.mmap;

import static org.samepage.machine.mmap.ChangeProtection.MM_CP_TRY_CHANGE_WRITABLE;
import static org.samepage.machine.mmap.ChangeProtection.MM_CP_UFFD_WP;
import static org.samepage.machine.mmap.ChangeProtection.MM_CP_UFFD_WP_RESOLVE;
import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.vma.VmFlags.VM_DROPPABLE;
import static org.samepage.mm.vma.VmFlags.VM_MAYWRITE;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_STICKY;
import static org.samepage.mm.vma.VmFlags.VM_UFFD_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_UFFD_MISSING;
import static org.samepage.mm.vma.VmFlags.VM_UFFD_WP;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;

/**
 * userfaultfd: registering ranges for missing pages and write protection, and protecting pages.
 *
 * <p>Nobody reads messages: an access fails where Linux would wait for the owner.
 */
public final class Userfaultfd {
  public static final long UFFDIO_REGISTER_MODE_MISSING = 1;
  public static final long UFFDIO_REGISTER_MODE_WP = 1 << 1;
  public static final long UFFDIO_REGISTER_MODE_MINOR = 1 << 2;
  private static final long UFFD_API_REGISTER_MODES =
      UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP | UFFDIO_REGISTER_MODE_MINOR;

  private final VmaModify modify;
  private final ChangeProtection change;

  public Userfaultfd(VmaModify modify, ChangeProtection change) {
    this.modify = modify;
    this.change = change;
  }

  @PortedFrom("fs/userfaultfd.c:validate_range")
  private static int validateRange(long start, long len) {
    boolean bad =
        !isPageAligned(start)
            || !isPageAligned(len)
            || len == 0
            || Long.compareUnsigned(start, 4096) < 0
            || Long.compareUnsigned(start, TASK_SIZE) >= 0
            || Long.compareUnsigned(len, TASK_SIZE - start) > 0;
    return bad ? -Errno.EINVAL : 0;
  }

  /**
   * UFFDIO_REGISTER. Takes mmap_lock for writing.
   *
   * @param mode bits of {@code UFFDIO_REGISTER_MODE_*}
   * @return 0 or a negative errno
   */
  @PortedFrom(
      value = {
        "fs/userfaultfd.c:userfaultfd_register",
        "mm/userfaultfd.c:userfaultfd_register_range"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no minor faults, no hugetlb")
  public int userfaultfdRegister(Mm mm, UserfaultfdCtx ctx, long start, long len, long mode) {
    if (mode == 0 || (mode & ~UFFD_API_REGISTER_MODES) != 0) {
      return -Errno.EINVAL;
    }
    if ((mode & UFFDIO_REGISTER_MODE_MINOR) != 0) {
      throw new NotSupportedYetException("minor userfaults");
    }
    long modes = (mode & UFFDIO_REGISTER_MODE_MISSING) != 0 ? VM_UFFD_MISSING : 0;
    modes |= (mode & UFFDIO_REGISTER_MODE_WP) != 0 ? VM_UFFD_WP : 0;
    int err = validateRange(start, len);
    if (err != 0) {
      return err;
    }
    long end = start + len;
    mm.mmapLock.writeLock();
    try {
      if (mm.vmas.findVmaIntersection(start, end) == null) {
        return -Errno.EINVAL;
      }
      for (VmArea vma = mm.vmas.findVma(start);
          vma != null && vma.vmStart < end;
          vma = mm.vmas.next(vma)) {
        if (!vmaCanUserfault(vma)) {
          return -Errno.EINVAL;
        }
        if (!vma.has(VM_MAYWRITE)) {
          return -Errno.EPERM;
        }
        if (vma.vmUserfaultfdCtx != null && vma.vmUserfaultfdCtx != ctx) {
          return -Errno.EBUSY;
        }
      }
      long at = start;
      for (VmArea vma = mm.vmas.findVma(at); vma != null && vma.vmStart < end; ) {
        if (vma.vmUserfaultfdCtx != ctx || (vma.vmFlags & modes) != modes) {
          long flags = (vma.vmFlags & ~VM_UFFD_FLAGS) | modes;
          vma =
              modify.vmaModifyFlagsUffd(
                  vma, Math.max(at, vma.vmStart), Math.min(end, vma.vmEnd), flags, ctx);
          if (vma == null) {
            return -Errno.ENOMEM;
          }
          userfaultfdSetVmFlags(vma, flags);
          vma.vmUserfaultfdCtx = ctx;
        }
        at = vma.vmEnd;
        vma = mm.vmas.findVma(at);
      }
      return 0;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  /** Whether a userfaultfd can have to do with a mapping: not with a disk's. */
  @PortedFrom(
      value = {
        "mm/userfaultfd.c:vma_can_userfault",
        "include/linux/userfaultfd_k.h:vma_can_userfault"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no minor faults, no hugetlb; no userfaultfd that only keeps track")
  private static boolean vmaCanUserfault(VmArea vma) {
    return !vma.has(VM_DROPPABLE) && (vma.vmFile == null || !vma.vmFile.onDisk);
  }

  /**
   * UFFDIO_UNREGISTER: also ends the protection of the pages. Takes mmap_lock for writing.
   *
   * @return 0 or a negative errno
   */
  @PortedFrom(
      value = {"fs/userfaultfd.c:userfaultfd_unregister", "mm/userfaultfd.c:userfaultfd_clear_vma"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "nobody waits to be woken")
  public int userfaultfdUnregister(Mm mm, long start, long len) {
    int err = validateRange(start, len);
    if (err != 0) {
      return err;
    }
    long end = start + len;
    mm.mmapLock.writeLock();
    try {
      if (mm.vmas.findVmaIntersection(start, end) == null) {
        return -Errno.EINVAL;
      }
      long at = start;
      for (VmArea vma = mm.vmas.findVma(at); vma != null && vma.vmStart < end; ) {
        if (vma.vmUserfaultfdCtx != null) {
          vma = clear(vma, Math.max(at, vma.vmStart), Math.min(end, vma.vmEnd));
          if (vma == null) {
            return -Errno.ENOMEM;
          }
        }
        at = vma.vmEnd;
        vma = mm.vmas.findVma(at);
      }
      return 0;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  /**
   * Takes everything away from a userfaultfd that its owner has closed, and ends the protection of
   * the pages. Takes mmap_lock for writing.
   *
   * @return 0, or {@code -ENOMEM} with the rest as it was
   */
  @PortedFrom(
      value = "mm/userfaultfd.c:userfaultfd_release_all",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller keeps the address space; what no memory is left for is said")
  public int userfaultfdReleaseAll(Mm mm, UserfaultfdCtx ctx) {
    mm.mmapLock.writeLock();
    try {
      for (VmArea vma = mm.vmas.findVma(0); vma != null; vma = mm.vmas.findVma(vma.vmEnd)) {
        if (vma.vmUserfaultfdCtx == ctx) {
          vma = clear(vma, vma.vmStart, vma.vmEnd);
          if (vma == null) {
            return -Errno.ENOMEM;
          }
        }
      }
      return 0;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  private @Nullable VmArea clear(VmArea vma, long start, long end) {
    if (vma.userfaultfdWp()) {
      var _ = uffdWpRange(vma, start, end, false);
    }
    long flags = vma.vmFlags & ~VM_UFFD_FLAGS;
    VmArea cleared = modify.vmaModifyFlagsUffd(vma, start, end, flags, null);
    if (cleared != null) {
      userfaultfdResetCtx(cleared);
    }
    return cleared;
  }

  /**
   * UFFDIO_WRITEPROTECT: protects the pages of a range, or ends that. Takes mmap_lock for reading.
   *
   * @return 0; -ENOENT where a part is not registered, with what is before it done
   */
  @PortedFrom(
      value = {"mm/userfaultfd.c:mwriteprotect_range", "fs/userfaultfd.c:userfaultfd_writeprotect"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb; nobody waits to be woken")
  public int mwriteprotectRange(Mm mm, long start, long len, boolean enableWp) {
    int err = validateRange(start, len);
    if (err != 0) {
      return err;
    }
    long end = start + len;
    mm.mmapLock.readLock();
    try {
      err = -Errno.ENOENT;
      for (VmArea vma = mm.vmas.findVma(start);
          vma != null && vma.vmStart < end;
          vma = mm.vmas.next(vma)) {
        if (!vma.userfaultfdWp()) {
          return -Errno.ENOENT;
        }
        err = uffdWpRange(vma, Math.max(vma.vmStart, start), Math.min(vma.vmEnd, end), enableWp);
        if (err != 0) {
          return err;
        }
      }
      return err;
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  @PortedFrom("mm/userfaultfd.c:uffd_wp_range")
  private int uffdWpRange(VmArea vma, long start, long end, boolean enableWp) {
    int cpFlags = enableWp ? MM_CP_UFFD_WP : MM_CP_UFFD_WP_RESOLVE;
    if (!enableWp && Mprotect.vmaWantsManualPteWriteUpgrade(vma)) {
      cpFlags |= MM_CP_TRY_CHANGE_WRITABLE;
    }
    return change.changeProtection(vma, start, end, cpFlags);
  }

  /** Takes a VMA away from its userfaultfd; entries stay as they are. */
  @PortedFrom("mm/userfaultfd.c:userfaultfd_reset_ctx")
  public static void userfaultfdResetCtx(VmArea vma) {
    vma.vmUserfaultfdCtx = null;
    userfaultfdSetVmFlags(vma, vma.vmFlags & ~VM_UFFD_FLAGS);
  }

  @PortedFrom(
      value = "mm/userfaultfd.c:userfaultfd_set_vm_flags",
      fidelity = Fidelity.ADAPTED,
      differs = "sticky flags of what was merged stay")
  private static void userfaultfdSetVmFlags(VmArea vma, long flags) {
    long before = vma.vmFlags;
    vma.vmFlags = flags | (before & VM_STICKY);
    if (vma.has(VM_SHARED) && ((before ^ flags) & VM_UFFD_WP) != 0) {
      vma.vmaSetPageProt();
    }
  }

  /** A moved VMA stays with its userfaultfd only where that asked for it. */
  @PortedFrom("fs/userfaultfd.c:mremap_userfaultfd_prep")
  static void mremapUserfaultfdPrep(VmArea vma) {
    UserfaultfdCtx ctx = vma.vmUserfaultfdCtx;
    if (ctx != null && !ctx.has(UserfaultfdCtx.UFFD_FEATURE_EVENT_REMAP)) {
      userfaultfdResetCtx(vma);
    }
  }
}
