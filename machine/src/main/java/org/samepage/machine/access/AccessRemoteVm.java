// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.machine.access;

import static org.samepage.machine.fault.Gup.FOLL_GET;
import static org.samepage.machine.fault.Gup.FOLL_REMOTE;
import static org.samepage.machine.fault.Gup.FOLL_TOUCH;
import static org.samepage.machine.fault.Gup.FOLL_WRITE;
import static org.samepage.mm.units.PageUnits.PAGE_BYTES;

import org.samepage.machine.fault.Gup;
import org.samepage.machine.mmap.StackVma;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Reads and writes memory of an address space from outside, page by page. */
public final class AccessRemoteVm {
  private final Folios folios;
  private final StackVma stack;
  private final Gup gup;

  public AccessRemoteVm(Folios folios, StackVma stack, Gup gup) {
    this.folios = folios;
    this.stack = stack;
    this.gup = gup;
  }

  /**
   * Copies bytes between a buffer and an address space. Takes mmap_lock for reading.
   *
   * @param flags {@code FOLL_WRITE}, {@code FOLL_FORCE}
   * @return bytes copied: less than {@code len} where a page cannot be got at
   */
  @PortedFrom(
      value = "mm/memory.c:__access_remote_vm",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device memory")
  public int accessRemoteVmRaw(Mm mm, long addr, byte[] buf, int from, int len, int flags) {
    boolean write = (flags & FOLL_WRITE) != 0;
    int done = 0;
    if (stack.lockMmAndFindVma(mm, addr) == null) {
      return 0;
    }
    boolean locked = true;
    try {
      while (done < len) {
        long at = addr + done;
        int page = getUserPageVmaRemote(mm, at, flags);
        if (page < 0) {
          if (mm.vmas.vmaLookup(at) != null) {
            break;
          }
          mm.mmapLock.readUnlock();
          locked = stack.expandStack(mm, at) != null;
          if (!locked) {
            break;
          }
          continue;
        }
        int offset = (int) (at & (PAGE_BYTES - 1));
        int bytes = Math.min(len - done, PAGE_BYTES - offset);
        if (write) {
          copyToUserPage(page, offset, buf, from + done, bytes);
          setPageDirtyLock(page);
        } else {
          copyFromUserPage(page, offset, buf, from + done, bytes);
        }
        if (!Folios.isZeroPfn(page) && !folios.frames().isHugeZeroPfn(page)) {
          folios.putPage(page);
        }
        done += bytes;
      }
      return done;
    } finally {
      if (locked) {
        mm.mmapLock.readUnlock();
      }
    }
  }

  @PortedFrom({"include/linux/mm.h:get_user_page_vma_remote", "mm/gup.c:get_user_pages_remote"})
  private int getUserPageVmaRemote(Mm mm, long addr, int flags) {
    VmArea vma = mm.vmas.vmaLookup(addr);
    if (vma == null || Gup.checkVmaFlags(vma, flags) != 0) {
      return -Errno.EFAULT;
    }
    long page = PageUnits.pageAlignDown(addr);
    return gup.getUserPagesRaw(vma, page, flags | FOLL_GET | FOLL_TOUCH | FOLL_REMOTE);
  }

  @PortedFrom("include/asm-generic/cacheflush.h:copy_to_user_page")
  private void copyToUserPage(int page, int offset, byte[] buf, int from, int bytes) {
    for (int i = 0; i < bytes; i++) {
      folios.setByte(page, offset + i, buf[from + i]);
    }
  }

  @PortedFrom("include/asm-generic/cacheflush.h:copy_from_user_page")
  private void copyFromUserPage(int page, int offset, byte[] buf, int to, int bytes) {
    for (int i = 0; i < bytes; i++) {
      buf[to + i] = folios.byteAt(page, offset + i);
    }
  }

  @PortedFrom("mm/page-writeback.c:set_page_dirty_lock")
  private void setPageDirtyLock(int page) {
    int folio = folios.pageFolio(page);
    folios.folioLock(folio);
    folios.folioMarkDirty(folio);
    folios.folioUnlock(folio);
  }
}
