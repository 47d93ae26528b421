// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/pagewalk.c.
package org.samepage.pagewalk;

import static org.samepage.pagewalk.WalkCallback.HUGETLB_ENTRY;
import static org.samepage.pagewalk.WalkCallback.INSTALL_PTE;
import static org.samepage.pagewalk.WalkCallback.POST_VMA;
import static org.samepage.pagewalk.WalkCallback.PRE_VMA;
import static org.samepage.pagewalk.WalkCallback.TEST_WALK;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.FileVmas;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/**
 * Walks ranges of a process's page tables in rising order, calling back before it goes down into an
 * entry.
 *
 * <p>Not final so that a test can have walks that fail.
 *
 * <p>Addresses and ends are unsigned. The walk ends with the first result of a callback that is not
 * 0; an empty range is an error. A walk that has a pte_entry splits each huge page that it meets.
 */
public class PageWalk {
  private final Sched sched;
  private final TableWalk tables;

  /**
   * The walks of one machine.
   *
   * @param splitter splits the huge pages that walks meet
   */
  public PageWalk(Sched sched, HugeSplitter splitter, KernelLog log) {
    this.sched = sched;
    this.tables = new TableWalk(splitter, log);
  }

  /**
   * Walks {@code [start, end)} of an address space: its VMAs, and as holes what lies between them.
   *
   * @return 0, a callback's result, or {@code -EINVAL} for an empty range or an install_pte
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_range",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state")
  public int walkPageRange(Mm mm, long start, long end, MmWalk walk) {
    if (!walk.ops.checkOpsValid()) {
      return -Errno.EINVAL;
    }
    return walkPageRangeMm(mm, start, end, walk);
  }

  /**
   * As {@link #walkPageRange}, for memory management itself: an install_pte fills what is none, and
   * tables are made for it.
   *
   * @return 0, a callback's result, {@code -EINVAL} for an empty range or without an address space,
   *     {@code -ENOMEM} where no table could be made
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_range_mm",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state")
  public int walkPageRangeMm(@Nullable Mm mm, long start, long end, MmWalk walk) {
    walk.countWalk(sched);
    if (Long.compareUnsigned(start, end) >= 0 || mm == null) {
      return -Errno.EINVAL;
    }
    walk.begin(mm, null);
    processMmWalkLock(mm, walk.ops.walkLock);
    VmArea vma = findVma(mm, start);
    long at = start;
    while (true) {
      int err;
      long next;
      if (vma == null || at < vma.vmStart) {
        walk.vma = null;
        next = vma == null ? end : minUnsigned(end, vma.vmStart);
        err = walk.hole(at, next, -1);
      } else {
        VmArea inside = vma;
        processVmaWalkLock(inside, walk.ops.walkLock);
        walk.vma = inside;
        next = minUnsigned(end, inside.vmEnd);
        vma = mm.vmas.findVma(inside.vmEnd);
        err = walkPageTest(at, next, inside, walk);
        if (err > 0) {
          err = 0; // a positive result steers the walk, and is not for the caller
        } else if (err == 0) {
          err = walkPageRangeRaw(at, next, inside, walk);
        }
      }
      if (err != 0 || Long.compareUnsigned(next, end) >= 0) {
        return err;
      }
      at = next;
    }
  }

  /** The tree of VMAs knows no addresses of the upper half; there are no VMAs either. */
  private static @Nullable VmArea findVma(Mm mm, long addr) {
    return addr < 0 ? null : mm.vmas.findVma(addr);
  }

  /**
   * Walks {@code [start, end)} within one VMA; test_walk is not asked.
   *
   * @return 0, a callback's result, or {@code -EINVAL} where the range is empty or leaves the VMA,
   *     or there is an install_pte
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_range_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state")
  public int walkPageRangeVma(VmArea vma, long start, long end, MmWalk walk) {
    walk.countWalk(sched);
    if (Long.compareUnsigned(start, end) >= 0) {
      return -Errno.EINVAL;
    }
    if (Long.compareUnsigned(start, vma.vmStart) < 0 || Long.compareUnsigned(end, vma.vmEnd) > 0) {
      return -Errno.EINVAL;
    }
    if (!walk.ops.checkOpsValid()) {
      return -Errno.EINVAL;
    }
    return walkLockedVma(vma, start, end, walk);
  }

  /** Walks a whole VMA; test_walk is not asked. Results as {@link #walkPageRangeVma}. */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state")
  public int walkPageVma(VmArea vma, MmWalk walk) {
    walk.countWalk(sched);
    if (!walk.ops.checkOpsValid()) {
      return -Errno.EINVAL;
    }
    return walkLockedVma(vma, vma.vmStart, vma.vmEnd, walk);
  }

  private int walkLockedVma(VmArea vma, long start, long end, MmWalk walk) {
    walk.begin(vma.vmMm, vma);
    processMmWalkLock(vma.vmMm, walk.ops.walkLock);
    processVmaWalkLock(vma, walk.ops.walkLock);
    return walkPageRangeRaw(start, end, vma, walk);
  }

  /**
   * Walks all mappings of a part of a file. Holds i_mmap_rwsem, and needs no mmap_lock.
   *
   * <p>test_walk is asked about each VMA as a whole; where it says to skip one, the walk ends.
   *
   * @param mapping the file's VMAs
   * @param firstIndex offset of the first page [pages]
   * @param nr how many pages
   * @return 0, a callback's result, or {@code -EINVAL} where there is an install_pte
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_mapping",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state")
  public int walkPageMapping(FileVmas mapping, long firstIndex, long nr, MmWalk walk) {
    walk.countWalk(sched);
    if (!walk.ops.checkOpsValid()) {
      return -Errno.EINVAL;
    }
    mapping.assertIMmapLocked();
    long endIndex = firstIndex + nr;
    int err = 0;
    for (VmArea vma = mapping.vmaIntervalTreeIterFirst(firstIndex, endIndex - 1);
        vma != null && err == 0;
        vma = mapping.vmaIntervalTreeIterNext(vma, firstIndex, endIndex - 1)) {
      long vmaIndex = vma.vmPgoff;
      long from = maxUnsigned(firstIndex, vmaIndex);
      long to = minUnsigned(endIndex, vmaIndex + vma.vmaPages());
      long start = vma.vmStart + PageUnits.pagesToBytes(from - vmaIndex);
      long end = vma.vmStart + PageUnits.pagesToBytes(to - vmaIndex);
      if (Long.compareUnsigned(start, end) >= 0) {
        continue;
      }
      walk.begin(vma.vmMm, vma);
      err = walkPageTest(vma.vmStart, vma.vmEnd, vma, walk);
      if (err > 0) {
        return 0;
      }
      if (err == 0) {
        err = walkPageRangeRaw(start, end, vma, walk);
      }
    }
    return err;
  }

  @PortedFrom("mm/pagewalk.c:walk_page_test")
  private static int walkPageTest(long start, long end, VmArea vma, MmWalk walk) {
    if (walk.ops.has(TEST_WALK)) {
      return walk.ops.testWalk(start, end, walk);
    }
    if (vma.has(VmFlags.VM_PFNMAP)) {
      int err = walk.hole(start, end, -1);
      return err != 0 ? err : 1;
    }
    return 0;
  }

  @PortedFrom("mm/pagewalk.c:__walk_page_range")
  private int walkPageRangeRaw(long start, long end, VmArea vma, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    boolean hugetlb = vma.has(VmFlags.VM_HUGETLB);
    if (hugetlb && ops.has(INSTALL_PTE)) {
      return -Errno.EINVAL;
    }
    if (ops.has(PRE_VMA)) {
      int err = ops.preVma(start, end, walk);
      if (err != 0) {
        return err;
      }
    }
    int err = 0;
    if (!hugetlb) {
      err = tables.walkPgdRange(start, end, walk);
    } else if (ops.has(HUGETLB_ENTRY)) {
      err = HugetlbWalk.walkHugetlbRange(start, end, walk);
    }
    if (ops.has(POST_VMA)) {
      ops.postVma(walk);
    }
    return err;
  }

  @PortedFrom("mm/pagewalk.c:process_mm_walk_lock")
  private static void processMmWalkLock(Mm mm, PageWalkLock walkLock) {
    if (walkLock == PageWalkLock.PGWALK_RDLOCK) {
      mm.mmapLock.assertLocked();
    } else if (walkLock != PageWalkLock.PGWALK_VMA_RDLOCK_VERIFY) {
      mm.mmapLock.assertWriteLocked();
    }
  }

  @PortedFrom(
      value = "mm/pagewalk.c:process_vma_walk_lock",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "there are no per-VMA locks: holding mmap_lock is holding them")
  private static void processVmaWalkLock(VmArea vma, PageWalkLock walkLock) {
    if (walkLock == PageWalkLock.PGWALK_VMA_RDLOCK_VERIFY) {
      vma.vmMm.mmapLock.assertLocked();
    }
  }

  private static long minUnsigned(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  private static long maxUnsigned(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }
}
