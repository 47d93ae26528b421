// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.units.PageUnits.pagesToBytes;

import java.util.List;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.PageWalk;

/** The ioctl PAGEMAP_SCAN: ranges of pages by what they are. */
public final class PagemapScan {
  /** Writes could be tracked here by a userfaultfd. */
  public static final long PAGE_IS_WPALLOWED = 1;

  /** Not protected by a userfaultfd. */
  public static final long PAGE_IS_WRITTEN = 1 << 1;

  /** A file's. */
  public static final long PAGE_IS_FILE = 1 << 2;

  public static final long PAGE_IS_PRESENT = 1 << 3;

  /** Neither present nor none: markers too. */
  public static final long PAGE_IS_SWAPPED = 1 << 4;

  /** The zero page. */
  public static final long PAGE_IS_PFNZERO = 1 << 5;

  public static final long PAGE_IS_HUGE = 1 << 6;
  public static final long PAGE_IS_SOFT_DIRTY = 1 << 7;
  public static final long PAGE_IS_GUARD = 1 << 8;

  /** Protects what it returns. */
  public static final long PM_SCAN_WP_MATCHING = 1;

  /** Fails where writes cannot be tracked. */
  public static final long PM_SCAN_CHECK_WPASYNC = 1 << 1;

  private static final long PM_SCAN_CATEGORIES = (PAGE_IS_GUARD << 1) - 1;
  private static final long PM_SCAN_FLAGS = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC;
  private static final int BOUNCE_REGIONS = (int) (PMD_SIZE / PAGE_SIZE);

  private final Folios folios;
  private final NormalPage normalPage;
  private final PageWalk pageWalk;

  PagemapScan(Folios folios, NormalPage normalPage, PageWalk pageWalk) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.pageWalk = pageWalk;
  }

  /** What is asked, and how far the answer goes. */
  @PortedFrom(
      value = "include/uapi/linux/fs.h:pm_scan_arg",
      fidelity = Fidelity.ADAPTED,
      differs = "without its size and the address of the vector")
  public static final class PmScanArg {
    public long flags;

    /** The range of addresses. */
    public long start;

    public long end;

    /** Filled: where the walk ended. */
    public long walkEnd;

    /** How many regions there is room for; 0 where none are wanted. */
    public long vecLen;

    /** How many pages are wanted; 0 for all. */
    public long maxPages;

    /** Categories that a page must not have where a mask asks for them. */
    public long categoryInverted;

    /** Categories that a page must have, all of them. */
    public long categoryMask;

    /** Categories of which a page must have one; 0 for any page. */
    public long categoryAnyofMask;

    /** Categories that are told of a page. */
    public long returnMask;
  }

  /** Pages in a row with the same categories. */
  @PortedFrom("include/uapi/linux/fs.h:page_region")
  public record PageRegion(long start, long end, long categories) {}

  /**
   * Looks at a range. Takes mmap_lock for reading, again for each 512 regions.
   *
   * @param out takes the regions
   * @return how many, or a negative errno
   */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:do_pagemap_scan",
      fidelity = Fidelity.ADAPTED,
      differs = "a list takes the regions; nobody can track writes, so nothing is protected")
  public long doPagemapScan(Mm mm, PmScanArg arg, List<PageRegion> out) {
    int err = pagemapScanGetArgs(arg);
    if (err != 0) {
      return err;
    }
    long ret = 0;
    long found = 0;
    PagemapScanOps p = new PagemapScanOps(folios, normalPage, arg);
    MmWalk walk = new MmWalk(p);
    for (long at = arg.start; at < arg.end; at = arg.walkEnd) {
      p.beginBuffer((int) Math.min(BOUNCE_REGIONS, arg.vecLen));
      mm.mmapLock.readLock();
      try {
        ret = pageWalk.walkPageRange(mm, at, arg.end, walk);
      } finally {
        mm.mmapLock.readUnlock();
      }
      int flushed = p.pagemapScanFlushBuffer(out);
      arg.vecLen -= flushed;
      found += flushed;
      if (ret != -Errno.ENOSPC || arg.vecLen == 0 || p.foundPages() == arg.maxPages) {
        break;
      }
    }
    if (arg.walkEnd == 0) {
      arg.walkEnd = arg.end;
    }
    return ret == 0 || ret == -Errno.ENOSPC ? found : ret;
  }

  @PortedFrom(
      value = "fs/proc/task_mmu.c:pagemap_scan_get_args",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the vector needs no address")
  private static int pagemapScanGetArgs(PmScanArg arg) {
    long asked = arg.categoryInverted | arg.categoryMask | arg.categoryAnyofMask | arg.returnMask;
    if ((arg.flags & ~PM_SCAN_FLAGS) != 0
        || (asked & ~PM_SCAN_CATEGORIES) != 0
        || !isPageAligned(arg.start)) {
      return -Errno.EINVAL;
    }
    long length = arg.end - arg.start;
    if (Long.compareUnsigned(length, TASK_SIZE) > 0
        || Long.compareUnsigned(arg.start, TASK_SIZE - length) > 0) {
      return -Errno.EFAULT;
    }
    arg.end = pageAlignUp(arg.end);
    arg.walkEnd = 0;
    if (arg.maxPages == 0) {
      arg.maxPages = bytesToPages(TASK_SIZE) + 1; // more than there can be
    }
    return 0;
  }

  /** Bytes of so many pages too many. */
  static long excess(long total, long most) {
    return total > most ? pagesToBytes(total - most) : 0;
  }
}
