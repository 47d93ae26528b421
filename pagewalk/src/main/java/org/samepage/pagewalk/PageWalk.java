// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/pagewalk.c.
package org.samepage.pagewalk;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pgdAddrEnd;
import static org.samepage.mm.units.PageUnits.pgdIndex;
import static org.samepage.mm.units.PageUnits.pmdAddrEnd;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.units.PageUnits.pudAddrEnd;
import static org.samepage.mm.units.PageUnits.pudIndex;
import static org.samepage.pagewalk.WalkCallback.P4D_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PGD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PMD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.POST_VMA;
import static org.samepage.pagewalk.WalkCallback.PRE_VMA;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_HOLE;
import static org.samepage.pagewalk.WalkCallback.PUD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.TEST_WALK;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/**
 * Walks ranges of page tables in rising order, calling back before it goes down into an entry.
 *
 * <p>Not final so that a test can have walks that fail.
 *
 * <p>Addresses and ends are unsigned. The walk ends with the first result of a callback that is not
 * 0; an empty range is an error.
 */
public class PageWalk {
  private static final int BELOW_PGD =
      P4D_ENTRY.mask() | PUD_ENTRY.mask() | PMD_ENTRY.mask() | PTE_ENTRY.mask();
  private static final int BELOW_P4D = PUD_ENTRY.mask() | PMD_ENTRY.mask() | PTE_ENTRY.mask();
  private static final int BELOW_PUD = PMD_ENTRY.mask() | PTE_ENTRY.mask();

  private final Sched sched;

  public PageWalk(Sched sched) {
    this.sched = sched;
  }

  /**
   * Walks {@code [start, end)} of an address space: its VMAs, and as holes what lies between them.
   *
   * @return 0, a callback's result, or {@code -EINVAL} for an empty range
   */
  @PortedFrom(
      value = {"mm/pagewalk.c:walk_page_range", "mm/pagewalk.c:walk_page_range_mm"},
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state, which has no install_pte")
  public int walkPageRange(Mm mm, long start, long end, MmWalk walk) {
    walk.begin(mm, null, sched.current().work);
    walk.work().pageWalks++;
    if (Long.compareUnsigned(start, end) >= 0) {
      return -Errno.EINVAL;
    }
    processMmWalkLock(mm, walk.ops.walkLock);
    VmArea vma = mm.vmas.findVma(start);
    long at = start;
    int err = 0;
    do {
      long next;
      if (vma == null || at < vma.vmStart) {
        walk.vma = null;
        next = vma == null ? end : minUnsigned(end, vma.vmStart);
        err = hole(at, next, -1, walk);
      } else {
        processVmaWalkLock(vma, walk.ops.walkLock);
        walk.vma = vma;
        next = minUnsigned(end, vma.vmEnd);
        VmArea following = mm.vmas.findVma(vma.vmEnd);
        err = walkPageTest(at, next, vma, walk);
        if (err > 0) {
          err = 0; // a positive result steers the walk, and is not for the caller
        } else if (err == 0) {
          err = walkPageRangeRaw(at, next, walk);
        }
        vma = following;
      }
      at = next;
    } while (err == 0 && Long.compareUnsigned(at, end) < 0);
    return err;
  }

  /**
   * Walks {@code [start, end)} within one VMA; test_walk is not asked.
   *
   * @return 0, a callback's result, or {@code -EINVAL} where the range is empty or leaves the VMA
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_range_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state, which has no install_pte")
  public int walkPageRangeVma(VmArea vma, long start, long end, MmWalk walk) {
    walk.begin(vma.vmMm, vma, sched.current().work);
    walk.work().pageWalks++;
    if (start >= end || start < vma.vmStart || end > vma.vmEnd) {
      return -Errno.EINVAL;
    }
    processMmWalkLock(vma.vmMm, walk.ops.walkLock);
    processVmaWalkLock(vma, walk.ops.walkLock);
    return walkPageRangeRaw(start, end, walk);
  }

  /** Walks a whole VMA; test_walk is not asked. */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_vma",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state, which has no install_pte")
  public int walkPageVma(VmArea vma, MmWalk walk) {
    return walkPageRangeVma(vma, vma.vmStart, vma.vmEnd, walk);
  }

  @PortedFrom("mm/pagewalk.c:walk_page_test")
  private static int walkPageTest(long start, long end, VmArea vma, MmWalk walk) {
    if (walk.ops.has(TEST_WALK)) {
      return walk.ops.testWalk(start, end, walk);
    }
    if (vma.has(VmFlags.VM_PFNMAP)) {
      int err = hole(start, end, -1, walk);
      return err != 0 ? err : 1;
    }
    return 0;
  }

  @PortedFrom(
      value = "mm/pagewalk.c:__walk_page_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb")
  private static int walkPageRangeRaw(long start, long end, MmWalk walk) {
    if (walk.ops.has(PRE_VMA)) {
      int err = walk.ops.preVma(start, end, walk);
      if (err != 0) {
        return err;
      }
    }
    int err = walkPgdRange(start, end, walk);
    if (walk.ops.has(POST_VMA)) {
      walk.ops.postVma(walk);
    }
    return err;
  }

  @PortedFrom(
      value = {"mm/pagewalk.c:walk_pgd_range", "mm/pagewalk.c:walk_p4d_range"},
      fidelity = Fidelity.ADAPTED,
      differs = "the p4d level is folded into this one; a bad entry cannot be")
  private static int walkPgdRange(long start, long end, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    PageTable pgd = walk.mm().pgTables.pgd();
    long addr = start;
    while (true) {
      long next = pgdAddrEnd(addr, end);
      int index = pgdIndex(addr);
      walk.work().pgdEntries++;
      int err = 0;
      PageTable pudTable = PgTables.below(pgd, index);
      if (pudTable == null) {
        err = hole(addr, next, 0, walk);
      } else {
        if (ops.has(PGD_ENTRY)) {
          err = ops.pgdEntry(pgd, index, addr, next, walk);
        }
        if (err == 0 && ops.has(P4D_ENTRY) && ops.hasAny(BELOW_PGD)) {
          err = ops.p4dEntry(pgd, index, addr, next, walk);
        }
        if (err == 0 && ops.hasAny(BELOW_P4D)) {
          err = walkPudRange(pudTable, addr, next, walk);
        }
      }
      if (err != 0 || next == end) {
        return err;
      }
      addr = next;
    }
  }

  @PortedFrom(
      value = "mm/pagewalk.c:walk_pud_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no PUD leaves; no installing")
  private static int walkPudRange(PageTable pudTable, long start, long end, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    long addr = start;
    while (true) {
      walk.action = WalkAction.ACTION_SUBTREE;
      long next = pudAddrEnd(addr, end);
      int index = pudIndex(addr);
      walk.work().pudEntries++;
      int err = 0;
      PageTable pmdTable = PgTables.below(pudTable, index);
      if (pmdTable == null) {
        err = hole(addr, next, 2, walk);
      } else {
        if (ops.has(PUD_ENTRY)) {
          err = ops.pudEntry(pudTable, index, addr, next, walk);
        }
        if (err == 0 && walk.action == WalkAction.ACTION_AGAIN) {
          continue;
        }
        if (err == 0 && walk.action == WalkAction.ACTION_SUBTREE && ops.hasAny(BELOW_PUD)) {
          err = walkPmdRange(pmdTable, addr, next, walk);
        }
      }
      if (err != 0 || next == end) {
        return err;
      }
      addr = next;
    }
  }

  @PortedFrom(
      value = "mm/pagewalk.c:walk_pmd_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no splitting of huge entries; no installing")
  private static int walkPmdRange(PageTable pmdTable, long start, long end, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    long addr = start;
    while (true) {
      walk.action = WalkAction.ACTION_SUBTREE;
      long next = pmdAddrEnd(addr, end);
      int index = pmdIndex(addr);
      walk.work().pmdEntries++;
      int err = 0;
      if (Pmd.pmdNone(pmdTable.getLockless(index))) {
        err = hole(addr, next, 3, walk);
      } else {
        if (ops.has(PMD_ENTRY)) {
          err = ops.pmdEntry(pmdTable, index, addr, next, walk);
        }
        if (err == 0 && walk.action == WalkAction.ACTION_SUBTREE && ops.has(PTE_ENTRY)) {
          err = walkPteRange(pmdTable, index, addr, next, walk);
        }
        if (err == 0 && walk.action == WalkAction.ACTION_AGAIN) {
          continue;
        }
      }
      if (err != 0 || next == end) {
        return err;
      }
      addr = next;
    }
  }

  @PortedFrom(
      value = {"mm/pagewalk.c:walk_pte_range", "mm/pagewalk.c:walk_pte_range_inner"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "user tables alone; no installing")
  private static int walkPteRange(
      PageTable pmdTable, int pmdAt, long start, long end, MmWalk walk) {
    PageTable table = PgTables.below(pmdTable, pmdAt);
    if (table == null) {
      walk.action = WalkAction.ACTION_AGAIN;
      return 0;
    }
    table.ptl.lock();
    try {
      int err = 0;
      for (long addr = start; err == 0 && addr != end; addr += PAGE_SIZE) {
        walk.work().ptesRead++;
        err = walk.ops.pteEntry(table, pteIndex(addr), addr, addr + PAGE_SIZE, walk);
      }
      return err;
    } finally {
      table.ptl.unlock();
    }
  }

  private static int hole(long addr, long next, int depth, MmWalk walk) {
    return walk.ops.has(PTE_HOLE) ? walk.ops.pteHole(addr, next, depth, walk) : 0;
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
      differs = "there are no per-VMA locks: holding mmap_lock for writing is holding them")
  private static void processVmaWalkLock(VmArea vma, PageWalkLock walkLock) {
    if (walkLock == PageWalkLock.PGWALK_VMA_RDLOCK_VERIFY) {
      vma.vmMm.mmapLock.assertLocked();
    }
  }

  private static long minUnsigned(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }
}
