// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import static org.samepage.machine.proc.PagemapScan.PAGE_IS_FILE;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_GUARD;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_HUGE;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_PFNZERO;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_PRESENT;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_SOFT_DIRTY;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_SWAPPED;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_WPALLOWED;
import static org.samepage.machine.proc.PagemapScan.PAGE_IS_WRITTEN;
import static org.samepage.machine.proc.PagemapScan.PM_SCAN_CHECK_WPASYNC;
import static org.samepage.machine.proc.PagemapScan.PM_SCAN_WP_MATCHING;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.List;
import java.util.Objects;
import org.samepage.machine.proc.PagemapScan.PageRegion;
import org.samepage.machine.proc.PagemapScan.PmScanArg;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkAction;
import org.samepage.pagewalk.WalkCallback;

/** The callbacks of one PAGEMAP_SCAN, and the regions that they find. */
@PortedFrom(
    value = {"fs/proc/task_mmu.c:pagemap_scan_ops", "fs/proc/task_mmu.c:pagemap_scan_private"},
    fidelity = Fidelity.SIMPLIFIED,
    differs = "no hugetlb; no userfaultfd that only keeps track, so nothing is protected")
final class PagemapScanOps extends MmWalkOps {
  private final Folios folios;
  private final NormalPage normalPage;
  private final PmScanArg arg;
  private final long masksOfInterest;
  private long curVmaCategory;
  private long foundPages;
  private long[] buffer = new long[0]; // start, end, categories of each region
  private int capacity;
  private int index;

  PagemapScanOps(Folios folios, NormalPage normalPage, PmScanArg arg) {
    super(
        PageWalkLock.PGWALK_RDLOCK,
        WalkCallback.TEST_WALK,
        WalkCallback.PMD_ENTRY,
        WalkCallback.PTE_HOLE);
    this.folios = folios;
    this.normalPage = normalPage;
    this.arg = arg;
    this.masksOfInterest = arg.categoryMask | arg.categoryAnyofMask | arg.returnMask;
  }

  long foundPages() {
    return foundPages;
  }

  /** Makes room for so many regions. */
  void beginBuffer(int regions) {
    capacity = regions;
    index = 0;
    buffer = new long[3 * regions];
  }

  /** Hands the regions over; how many. */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:pagemap_scan_flush_buffer",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller counts down what there is room for")
  int pagemapScanFlushBuffer(List<PageRegion> out) {
    int regions =
        capacity == 0 ? 0 : buffer[3 * index + 1] != buffer[3 * index] ? index + 1 : index;
    for (int i = 0; i < regions; i++) {
      out.add(new PageRegion(buffer[3 * i], buffer[3 * i + 1], buffer[3 * i + 2]));
    }
    return regions;
  }

  @Override
  @PortedFrom("fs/proc/task_mmu.c:pagemap_scan_test_walk")
  protected int testWalk(long start, long end, MmWalk walk) {
    if ((arg.flags & PM_SCAN_CHECK_WPASYNC) != 0) {
      return -Errno.EPERM;
    }
    VmArea vma = Objects.requireNonNull(walk.vma());
    if ((arg.flags & PM_SCAN_WP_MATCHING) != 0 || vma.has(VmFlags.VM_PFNMAP)) {
      return 1;
    }
    long category = vma.has(VmFlags.VM_SOFTDIRTY) ? PAGE_IS_SOFT_DIRTY : 0;
    if (!pagemapScanIsInterestingVma(category)) {
      return 1;
    }
    curVmaCategory = category;
    return 0;
  }

  @PortedFrom("fs/proc/task_mmu.c:pagemap_scan_is_interesting_vma")
  private boolean pagemapScanIsInterestingVma(long category) {
    long required = arg.categoryMask & PAGE_IS_WPALLOWED;
    return ((category ^ arg.categoryInverted) & required) == required;
  }

  @PortedFrom("fs/proc/task_mmu.c:pagemap_scan_is_interesting_page")
  private boolean pagemapScanIsInterestingPage(long category) {
    long seen = category ^ arg.categoryInverted;
    return (seen & arg.categoryMask) == arg.categoryMask
        && (arg.categoryAnyofMask == 0 || (seen & arg.categoryAnyofMask) != 0);
  }

  /** What has no table; of a userfaultfd that protects, it has been written. */
  @Override
  @PortedFrom("fs/proc/task_mmu.c:pagemap_scan_pte_hole")
  protected int pteHole(long addr, long next, int depth, MmWalk walk) {
    VmArea vma = walk.vma();
    if (vma == null) {
      return 0;
    }
    long category = curVmaCategory | (vma.userfaultfdWp() ? PAGE_IS_WRITTEN : 0);
    return pagemapScanIsInterestingPage(category) ? pagemapScanOutput(category, addr, next) : 0;
  }

  @Override
  @PortedFrom(
      value = "fs/proc/task_mmu.c:pagemap_scan_pmd_entry",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the short way for PAGE_IS_WRITTEN alone is the general one")
  protected int pmdEntry(PageTable pmdTable, int at, long start, long end, MmWalk walk) {
    if (PgTables.isHuge(pmdTable.getLockless(at))) {
      pmdTable.ptl.lock();
      try {
        long pmd = pmdTable.get(at);
        if (PgTables.isHuge(pmd)) {
          long category =
              curVmaCategory | pagemapThpCategory(Objects.requireNonNull(walk.vma()), start, pmd);
          return pagemapScanIsInterestingPage(category)
              ? pagemapScanOutput(category, start, end)
              : 0;
        }
      } finally {
        pmdTable.ptl.unlock();
      }
    }
    PageTable table = PgTables.below(pmdTable, at);
    if (table == null) {
      walk.action = WalkAction.ACTION_AGAIN;
      return 0;
    }
    VmArea vma = Objects.requireNonNull(walk.vma());
    int ret = 0;
    table.ptl.lock();
    try {
      for (long addr = start; ret == 0 && addr < end; addr += PAGE_SIZE) {
        walk.work().ptesRead++;
        long category = curVmaCategory | pagemapPageCategory(vma, addr, table.get(pteIndex(addr)));
        if (pagemapScanIsInterestingPage(category)) {
          ret = pagemapScanOutput(category, addr, addr + PAGE_SIZE);
        }
      }
    } finally {
      table.ptl.unlock();
    }
    return ret;
  }

  @PortedFrom("fs/proc/task_mmu.c:pagemap_thp_category")
  private long pagemapThpCategory(VmArea vma, long addr, long pmd) {
    PteLayout ptes = vma.vmMm.ptes;
    if (!Pmd.pmdPresent(pmd)) {
      long category = PAGE_IS_HUGE | PAGE_IS_SWAPPED;
      category |= SwapEntry.pteSwpUffdWp(pmd) ? 0 : PAGE_IS_WRITTEN;
      category |= ptes.pteSwpSoftDirty(pmd) ? PAGE_IS_SOFT_DIRTY : 0;
      return category | fileCategory((int) ptes.types.swpOffsetPfn(pmd));
    }
    long category = PAGE_IS_HUGE | PAGE_IS_PRESENT;
    category |= Pmd.pmdUffdWp(pmd) ? 0 : PAGE_IS_WRITTEN;
    int page = normalPage.vmNormalPagePmd(vma, addr, pmd);
    category |= page == Frames.NO_PAGE ? 0 : fileCategory(page);
    category |= normalPage.isHugeZeroPmd(pmd) ? PAGE_IS_PFNZERO : 0;
    return category | (ptes.pteSoftDirty(pmd) ? PAGE_IS_SOFT_DIRTY : 0);
  }

  @PortedFrom("fs/proc/task_mmu.c:pagemap_page_category")
  private long pagemapPageCategory(VmArea vma, long addr, long pte) {
    PteLayout ptes = vma.vmMm.ptes;
    if (Pte.pteNone(pte)) {
      return PAGE_IS_WRITTEN;
    }
    long category;
    if (Pte.ptePresent(pte)) {
      category = PAGE_IS_PRESENT | (Pte.pteUffdWp(pte) ? 0 : PAGE_IS_WRITTEN);
      int folio = normalPage.vmNormalPage(vma, addr, pte);
      category |= folio == Frames.NO_PAGE ? 0 : fileCategory(folio);
      category |= Folios.isZeroPfn(Pte.ptePfn(pte)) ? PAGE_IS_PFNZERO : 0;
      return category | (ptes.pteSoftDirty(pte) ? PAGE_IS_SOFT_DIRTY : 0);
    }
    boolean isProtected = SwapEntry.pteSwpUffdWp(pte) || PteMarker.pteMarkerUffdWp(pte);
    category = PAGE_IS_SWAPPED | (isProtected ? 0 : PAGE_IS_WRITTEN);
    if (PteMarker.isGuardPteMarker(pte)) {
      category |= PAGE_IS_GUARD;
    } else if (ptes.types.isPfnSwapEntry(pte)) {
      category |= fileCategory((int) ptes.types.swpOffsetPfn(pte));
    }
    return category | (ptes.pteSwpSoftDirty(pte) ? PAGE_IS_SOFT_DIRTY : 0);
  }

  /** Looked at only where somebody wants to know. */
  private long fileCategory(int folio) {
    boolean wanted = (masksOfInterest & PAGE_IS_FILE) != 0;
    return wanted && !folios.folioTestAnon(folios.pageFolio(folio)) ? PAGE_IS_FILE : 0;
  }

  @PortedFrom("fs/proc/task_mmu.c:pagemap_scan_output")
  private int pagemapScanOutput(long category, long addr, long next) {
    if (capacity == 0) {
      return 0;
    }
    long total = foundPages + bytesToPages(next - addr);
    long excess = PagemapScan.excess(total, arg.maxPages);
    int ret = excess == 0 ? 0 : -Errno.ENOSPC;
    long end = next - excess;
    if (!pagemapScanPushRange(category & arg.returnMask, addr, end)) {
      end = addr;
      ret = -Errno.ENOSPC;
    }
    foundPages += bytesToPages(end - addr);
    if (ret != 0) {
      arg.walkEnd = end;
    }
    return ret;
  }

  /** Adds to the last region, or a new one; whether there was room. */
  @PortedFrom("fs/proc/task_mmu.c:pagemap_scan_push_range")
  private boolean pagemapScanPushRange(long category, long addr, long end) {
    int at = 3 * index;
    if (addr == buffer[at + 1] && category == buffer[at + 2]) {
      buffer[at + 1] = end;
      return true;
    }
    if (buffer[at + 1] != 0) {
      if (index >= capacity - 1) {
        return false;
      }
      index++;
      at += 3;
    }
    buffer[at] = addr;
    buffer[at + 1] = end;
    buffer[at + 2] = category;
    return true;
  }
}
