// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mprotect.c.
package org.samepage.machine.mmap;

import static org.samepage.machine.mmap.ChangeProtection.MM_CP_TRY_CHANGE_WRITABLE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.lowerAddr;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.vma.VmFlags.VM_ACCESS_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_ACCOUNT;
import static org.samepage.mm.vma.VmFlags.VM_GROWSDOWN;
import static org.samepage.mm.vma.VmFlags.VM_HUGETLB;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED;
import static org.samepage.mm.vma.VmFlags.VM_NORESERVE;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import org.samepage.machine.fault.Populate;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** mprotect. */
public final class Mprotect {
  /** PROT_READ, PROT_WRITE, PROT_EXEC, and PROT_SEM, which means nothing here. */
  private static final long PROT_VALID = 0xf;

  private static final long PROT_GROWSDOWN = 0x100_0000;
  private static final long PROT_GROWSUP = 0x200_0000;

  private final VmaModify modify;
  private final ChangeProtection change;
  private final Populate populate;
  private final Commit commit;

  public Mprotect(VmaModify modify, ChangeProtection change, Populate populate, Commit commit) {
    this.modify = modify;
    this.change = change;
    this.populate = populate;
    this.commit = commit;
  }

  /**
   * Changes what may be done with {@code [addr, addr + len)}. Where a part is not mapped, what is
   * before it is changed all the same.
   *
   * @param prot bits of PROT_READ, PROT_WRITE, PROT_EXEC: 1, 2, 4; with PROT_GROWSDOWN from the
   *     start of the stack that the range is in
   */
  @PortedFrom(
      value = {"mm/mprotect.c:do_mprotect_pkey", "include/linux/mman.h:arch_validate_prot"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no protection keys, no mappings that grow upwards")
  public int doMprotectPkey(Mm mm, long addr, long len, long prot) {
    long start = addr;
    long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    long access = prot & ~grows;
    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || !isPageAligned(start)) {
      return -Errno.EINVAL;
    }
    if (len == 0) {
      return 0;
    }
    long end = start + pageAlignUp(len);
    if (Long.compareUnsigned(end, start) <= 0) {
      return -Errno.ENOMEM;
    }
    if ((access & ~PROT_VALID) != 0) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.writeLock();
    try {
      VmArea vma = mm.vmas.findVma(start);
      if (vma == null
          || Long.compareUnsigned(vma.vmStart, end) >= 0
          || (grows != PROT_GROWSDOWN && vma.vmStart > start)) {
        return -Errno.ENOMEM;
      }
      if (grows == PROT_GROWSUP || (grows != 0 && !vma.has(VM_GROWSDOWN))) {
        return -Errno.EINVAL;
      }
      if (grows != 0) {
        start = vma.vmStart;
      }
      long at = start;
      while (vma != null && Long.compareUnsigned(vma.vmStart, end) < 0) {
        if (vma.vmStart > at) {
          return -Errno.ENOMEM;
        }
        long newflags = (access & VM_ACCESS_FLAGS) | (vma.vmFlags & ~VM_ACCESS_FLAGS);
        if ((newflags & ~(newflags >>> 4) & VM_ACCESS_FLAGS) != 0) {
          return -Errno.EACCES;
        }
        long upTo = lowerAddr(vma.vmEnd, end);
        int err = mprotectFixup(vma, at, upTo, newflags);
        if (err != 0) {
          return err;
        }
        // what was merged with goes on further than what was changed
        VmArea now = mm.vmas.vmaLookup(upTo - 1);
        at = now == null ? upTo : Math.max(upTo, now.vmEnd);
        vma = mm.vmas.findVma(at);
      }
      return Long.compareUnsigned(at, end) < 0 ? -Errno.ENOMEM : 0;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  @PortedFrom(
      value = "mm/mprotect.c:mprotect_fixup",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device memory")
  private int mprotectFixup(VmArea part, long start, long end, long wanted) {
    if (Mseal.vmaIsSealed(part)) {
      return -Errno.EPERM;
    }
    long oldflags = part.vmFlags;
    long newflags = wanted;
    if (newflags == oldflags) {
      return 0;
    }
    if ((newflags & VM_WRITE) != 0) {
      long pages = bytesToPages(end - start);
      if (!Limits.mayExpandVm(part.vmMm, newflags, pages)
          && Limits.mayExpandVm(part.vmMm, oldflags, pages)) {
        return -Errno.ENOMEM;
      }
      if ((oldflags & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE)) == 0) {
        if (!commit.vmEnoughMemoryRaw(bytesToPages(end - start))) {
          return -Errno.ENOMEM;
        }
        newflags |= VM_ACCOUNT;
      }
    } else if ((oldflags & VM_ACCOUNT) != 0 && part.vmaIsAnonymous() && part.anonVma == null) {
      newflags &= ~VM_ACCOUNT;
    }
    VmArea vma = modify.vmaModifyFlags(part, start, end, newflags);
    if (vma == null) {
      return -Errno.ENOMEM;
    }
    vma.vmFlagsReset(newflags);
    var _ =
        change.changeProtection(
            vma, start, end, vmaWantsManualPteWriteUpgrade(vma) ? MM_CP_TRY_CHANGE_WRITABLE : 0);
    if ((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED
        && (newflags & VM_WRITE) != 0) {
      var _ = populate.populateVmaPageRange(vma, start, end);
    }
    vma.vmMm.vmStatAccount(oldflags, -bytesToPages(end - start));
    vma.vmMm.vmStatAccount(newflags, bytesToPages(end - start));
    return 0;
  }

  /** Whether entries get no write bit from the VMA's protection, though some may be written. */
  @PortedFrom("mm/vma.h:vma_wants_manual_pte_write_upgrade")
  static boolean vmaWantsManualPteWriteUpgrade(VmArea vma) {
    return vma.has(VM_SHARED) ? vma.vmaWantsWritenotify() : vma.has(VM_WRITE);
  }
}
