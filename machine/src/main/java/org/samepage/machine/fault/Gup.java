// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/gup.c.
package org.samepage.machine.fault;

import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_ALLOW_RETRY;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_REMOTE;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_HWPOISON;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_RETRY;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.vma.VmFlags.VM_IO;
import static org.samepage.mm.vma.VmFlags.VM_MAYREAD;
import static org.samepage.mm.vma.VmFlags.VM_MAYSHARE;
import static org.samepage.mm.vma.VmFlags.VM_MAYWRITE;
import static org.samepage.mm.vma.VmFlags.VM_PFNMAP;
import static org.samepage.mm.vma.VmFlags.VM_READ;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.VmArea;

/** Gets at the page behind an address, by faults where it is not there yet. */
public final class Gup {
  /** The page is to be written. */
  public static final int FOLL_WRITE = 1;

  /** A reference to the page is taken. */
  public static final int FOLL_GET = 1 << 1;

  /** Never mind what the process itself may do, where that harms nobody else. */
  public static final int FOLL_FORCE = 1 << 3;

  /** The page is marked accessed. */
  public static final int FOLL_TOUCH = 1 << 16;

  /** The address space is not the caller's own. */
  public static final int FOLL_REMOTE = 1 << 17;

  /** The caller can wait for a userfault. */
  public static final int FOLL_UNLOCKABLE = 1 << 21;

  private final Folios folios;
  private final NormalPage normalPage;
  private final FaultHandler faults;

  public Gup(Folios folios, NormalPage normalPage, FaultHandler faults) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.faults = faults;
  }

  /**
   * The page at an address of a VMA that {@link #checkVmaFlags} has no objection to. Holds
   * mmap_lock.
   *
   * @param flags of {@code FOLL_*}
   * @return the frame, or a negative errno: -EFAULT, -ENOMEM, -EHWPOISON, or -EBUSY for a userfault
   */
  @PortedFrom(
      value = "mm/gup.c:__get_user_pages",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one page; -EBUSY where C has waited")
  public int getUserPagesRaw(VmArea vma, long addr, int flags) {
    while (true) {
      int page = followPmdMask(vma, addr, flags);
      if (page != Frames.NO_PAGE) {
        return page;
      }
      int err = faultinPage(vma, addr, flags);
      if (err != 0) {
        return err;
      }
    }
  }

  /** Whether pages of a VMA may be got at so: 0 or -EFAULT. */
  @PortedFrom(
      value = "mm/gup.c:check_vma_flags",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no secret memory, no DAX, no shadow stacks, no protection keys")
  public static int checkVmaFlags(VmArea vma, int flags) {
    boolean force = (flags & FOLL_FORCE) != 0;
    boolean allowed;
    if (vma.has(VM_IO | VM_PFNMAP)) {
      allowed = false;
    } else if ((flags & FOLL_WRITE) != 0) {
      allowed = vma.has(VM_WRITE) || (force && vma.isCowMapping());
    } else {
      allowed = vma.has(VM_READ) || (force && vma.has(VM_MAYREAD));
    }
    return allowed ? 0 : -Errno.EFAULT;
  }

  /** As {@link #followPagePte}, where a huge entry may be. */
  @PortedFrom(
      value = "mm/gup.c:follow_pmd_mask",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no NUMA hints, no FOLL_SPLIT_PMD")
  private int followPmdMask(VmArea vma, long addr, int flags) {
    PageTable table = vma.vmMm.pgTables.pmdTable(addr);
    if (table == null) {
      return Frames.NO_PAGE;
    }
    int index = pmdIndex(addr);
    if (Pmd.pmdLeaf(table.getLockless(index))) {
      table.ptl.lock();
      try {
        if (Pmd.pmdLeaf(table.get(index))) {
          return followHugePmd(vma, addr, flags, table, index);
        }
      } finally {
        table.ptl.unlock();
      }
    }
    return followPagePte(vma, addr, flags);
  }

  /** The page of a huge entry. Holds its lock. */
  @PortedFrom(
      value = {"mm/gup.c:follow_huge_pmd", "mm/gup.c:can_follow_write_pmd"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no pins; the huge page of zeros is never counted")
  private int followHugePmd(VmArea vma, long addr, int flags, PageTable table, int index) {
    long pmd = table.get(index);
    int first = normalPage.vmNormalPagePmd(vma, addr, pmd);
    if ((flags & FOLL_WRITE) != 0 && !canFollowWritePte(pmd, first, vma, flags)) {
      return Frames.NO_PAGE;
    }
    if ((flags & FOLL_GET) != 0 && first != Frames.NO_PAGE) {
      folios.getPage(first);
    }
    if ((flags & FOLL_TOUCH) != 0 && (flags & FOLL_WRITE) != 0) {
      // x86 sets the words of a huge entry for a write alone
      table.set(index, vma.vmMm.ptes.pteMkdirty(Pmd.pmdMkyoung(pmd)));
    }
    return (int) (Pmd.pmdPfn(pmd) + bytesToPages(addr & (PMD_SIZE - 1)));
  }

  /** The page if it is there and will do; {@link Frames#NO_PAGE} where a fault is called for. */
  @PortedFrom(
      value = "mm/gup.c:follow_page_pte",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no pins, no NUMA hints; the zero page is never counted; only normal pages and it")
  private int followPagePte(VmArea vma, long addr, int flags) {
    PageTable table = vma.vmMm.pgTables.pteTable(addr);
    if (table == null) {
      return Frames.NO_PAGE;
    }
    table.ptl.lock();
    try {
      long pte = table.get(pteIndex(addr));
      if (!Pte.ptePresent(pte)) {
        return Frames.NO_PAGE;
      }
      int page = normalPage.vmNormalPage(vma, addr, pte);
      if ((flags & FOLL_WRITE) != 0 && !canFollowWritePte(pte, page, vma, flags)) {
        return Frames.NO_PAGE;
      }
      if (page == Frames.NO_PAGE) {
        page = Folios.ZERO_PFN;
      } else if ((flags & FOLL_GET) != 0) {
        folios.getPage(page);
      }
      if ((flags & FOLL_TOUCH) != 0) {
        int folio = folios.pageFolio(page);
        if ((flags & FOLL_WRITE) != 0 && !Pte.pteDirty(pte) && !folios.folioTestDirty(folio)) {
          folios.folioMarkDirty(folio);
        }
        folios.folioMarkAccessed(folio);
      }
      return page;
    } finally {
      table.ptl.unlock();
    }
  }

  /**
   * Whether a page may be written through an entry that may be read-only: where that is forced, an
   * anonymous page that is this mapping's alone.
   */
  @PortedFrom({"mm/gup.c:can_follow_write_pte", "mm/gup.c:can_follow_write_common"})
  private boolean canFollowWritePte(long pte, int page, VmArea vma, int flags) {
    if (Pte.pteWrite(pte)) {
      return true;
    }
    if ((flags & FOLL_FORCE) == 0
        || vma.has(VM_MAYSHARE | VM_SHARED)
        || !vma.has(VM_MAYWRITE)
        || vma.has(VM_WRITE)) {
      return false;
    }
    if (page == Frames.NO_PAGE
        || !folios.folioTestAnon(folios.pageFolio(page))
        || !folios.pageAnonExclusive(page)) {
      return false;
    }
    return !vma.pteNeedsSoftDirtyWp(pte) && !vma.userfaultfdPteWp(pte);
  }

  @PortedFrom(
      value = {"mm/gup.c:faultin_page", "include/linux/mm.h:vm_fault_to_errno"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "never lets go of mmap_lock")
  private int faultinPage(VmArea vma, long addr, int flags) {
    int faultFlags =
        ((flags & FOLL_WRITE) != 0 ? FAULT_FLAG_WRITE : 0)
            | ((flags & FOLL_REMOTE) != 0 ? FAULT_FLAG_REMOTE : 0)
            | ((flags & FOLL_UNLOCKABLE) != 0 ? FAULT_FLAG_ALLOW_RETRY : 0);
    int fault = faults.handleMmFault(vma, addr, faultFlags);
    if ((fault & VM_FAULT_OOM) != 0) {
      return -Errno.ENOMEM;
    }
    if ((fault & VM_FAULT_HWPOISON) != 0) {
      return -Errno.EFAULT; // nobody asks for FOLL_HWPOISON
    }
    if ((fault & VM_FAULT_ERROR) != 0) {
      return -Errno.EFAULT;
    }
    return (fault & VM_FAULT_RETRY) != 0 ? -Errno.EBUSY : 0;
  }
}
