// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/pagewalk.c.
package org.samepage.pagewalk;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.vma.Mm;

/**
 * Walks page tables that no VMA speaks of: the kernel's, or a process's for debugging.
 *
 * <p>There are no tests and no brackets, no entry is locked, and no huge page is split: those, and
 * what is not present, have nothing below. Addresses and ends are unsigned.
 *
 * <p>A machine has no tables of its own, so whoever walks some brings the mm that owns them.
 */
public final class KernelPageWalk {
  private final Sched sched;
  private final Mm initMm;
  private final TableWalk tables;

  /**
   * The walks of one kernel's tables.
   *
   * @param initMm owns the kernel's page tables
   */
  public KernelPageWalk(Sched sched, Mm initMm, KernelLog log) {
    this.sched = sched;
    this.initMm = initMm;
    this.tables = new TableWalk(HugeSplitter.NONE, log);
  }

  /**
   * Walks a range of the kernel's tables. Holds init_mm's mmap_lock.
   *
   * @param pgd the top table, where it is not init_mm's
   * @return 0, a callback's result, or {@code -EINVAL} for an empty range or an install_pte
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_kernel_page_table_range",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state")
  public int walkKernelPageTableRange(long start, long end, MmWalk walk, @Nullable PageTable pgd) {
    initMm.mmapLock.assertLocked();
    return walkKernelPageTableRangeLockless(start, end, walk, pgd);
  }

  /** As above, for a caller who has the range for himself. */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_kernel_page_table_range_lockless",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state")
  public int walkKernelPageTableRangeLockless(
      long start, long end, MmWalk walk, @Nullable PageTable pgd) {
    if (!isValid(start, end, walk)) {
      return -Errno.EINVAL;
    }
    return walkNoVma(initMm, start, end, walk, pgd);
  }

  /**
   * Walks a range of any tables. Holds the mmap_lock of their owner for writing; for the kernel's
   * own, for reading.
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_page_range_debug",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller brings the walk's state; there always is an mm")
  public int walkPageRangeDebug(Mm mm, long start, long end, MmWalk walk, @Nullable PageTable pgd) {
    if (mm == initMm) {
      return walkKernelPageTableRange(start, end, walk, pgd);
    }
    if (!isValid(start, end, walk)) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.assertWriteLocked();
    return walkNoVma(mm, start, end, walk, pgd);
  }

  private static boolean isValid(long start, long end, MmWalk walk) {
    return Long.compareUnsigned(start, end) < 0 && walk.ops.checkOpsValid();
  }

  private int walkNoVma(Mm mm, long start, long end, MmWalk walk, @Nullable PageTable pgd) {
    walk.countWalk(sched);
    walk.beginNoVma(mm, pgd);
    return tables.walkPgdRange(start, end, walk);
  }
}
