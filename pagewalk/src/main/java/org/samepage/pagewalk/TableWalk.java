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
import static org.samepage.pagewalk.WalkCallback.INSTALL_PTE;
import static org.samepage.pagewalk.WalkCallback.P4D_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PGD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PMD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PUD_ENTRY;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.P4d;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.Pud;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.vma.VmArea;

/**
 * Goes down the tables, level by level, from the top.
 *
 * <p>The tables of the levels above the lowest stay while the caller's lock is held; what an entry
 * points to may change under the walk, so each level looks again at the entry that it came by, and
 * has it looked at once more where that no longer leads to a table.
 */
final class TableWalk {
  private static final int BELOW_PUD = PMD_ENTRY.mask() | PTE_ENTRY.mask();
  private static final int BELOW_P4D = PUD_ENTRY.mask() | BELOW_PUD;
  private static final int BELOW_PGD = P4D_ENTRY.mask() | BELOW_P4D;

  private final HugeSplitter splitter;
  private final KernelLog log;

  TableWalk(HugeSplitter splitter, KernelLog log) {
    this.splitter = splitter;
    this.log = log;
  }

  /**
   * Walks {@code [start, end)}, unsigned; an end of 0 is the end of all addresses.
   *
   * <p>The top level is folded into the next one at run time, not when the kernel is built: its
   * entry is never a hole, so a pgd_entry sees empty ones, and who has nothing else but a pte_hole
   * hears of nothing.
   */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_pgd_range",
      fidelity = Fidelity.ADAPTED,
      differs = "an entry of the folded level is never none or bad, so nothing asks")
  int walkPgdRange(long start, long end, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    PageTable pgd = walk.pgd();
    boolean goesBelow = ops.hasAny(BELOW_PGD | INSTALL_PTE.mask());
    long addr = start;
    while (true) {
      long next = pgdAddrEnd(addr, end);
      int index = pgdIndex(addr);
      walk.work().pgdEntries++;
      int err = ops.has(PGD_ENTRY) ? ops.pgdEntry(pgd, index, addr, next, walk) : 0;
      if (err == 0 && goesBelow) {
        err = walkP4dRange(pgd, index, addr, next, walk);
      }
      if (err != 0 || next == end) {
        return err;
      }
      addr = next;
    }
  }

  @PortedFrom(
      value = "mm/pagewalk.c:walk_p4d_range",
      fidelity = Fidelity.ADAPTED,
      differs = "the table of this level has one entry, the one above")
  private int walkP4dRange(PageTable p4dTable, int index, long start, long end, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    int err = 0;
    if (P4d.p4dNoneOrClearBad(p4dTable, index, log)) {
      if (!ops.has(INSTALL_PTE)) {
        return walk.hole(start, end, realDepth(1));
      }
      err = installed(walk.mm().pgTables.pudAllocRaw(p4dTable, index));
    }
    if (err == 0 && ops.has(P4D_ENTRY)) {
      err = ops.p4dEntry(p4dTable, index, start, end, walk);
    }
    if (err == 0 && ops.hasAny(BELOW_P4D | INSTALL_PTE.mask())) {
      err = walkPudRange(Objects.requireNonNull(p4dTable.lower(index)), start, end, walk);
    }
    return err;
  }

  @PortedFrom("mm/pagewalk.c:walk_pud_range")
  private int walkPudRange(PageTable pudTable, long start, long end, MmWalk walk) {
    boolean install = walk.ops.has(INSTALL_PTE);
    long addr = start;
    while (true) {
      walk.action = WalkAction.ACTION_SUBTREE;
      long next = pudAddrEnd(addr, end);
      int index = pudIndex(addr);
      walk.work().pudEntries++;
      int err = 0;
      boolean none = Pud.pudNone(pudTable.getLockless(index));
      if (none && install) {
        err = installed(walk.mm().pgTables.pmdAllocRaw(pudTable, index));
      } else if (none) {
        err = walk.hole(addr, next, realDepth(2));
      }
      if (err == 0 && (!none || install)) {
        err = belowPud(pudTable, index, addr, next, walk);
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

  /** What the walk does with a PUD entry that is not none. */
  @PortedFrom(value = "mm/pagewalk.c:walk_pud_range", part = true)
  private int belowPud(PageTable pudTable, int index, long addr, long next, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    if (ops.has(PUD_ENTRY)) {
      int err = ops.pudEntry(pudTable, index, addr, next, walk);
      if (err != 0) {
        return err;
      }
    }
    if (walk.action != WalkAction.ACTION_SUBTREE) {
      return 0;
    }
    long pud = pudTable.getLockless(index);
    if (!ops.hasAny(BELOW_PUD)
        && (!ops.has(INSTALL_PTE) || (Pud.pudPresent(pud) && Pud.pudTransHuge(pud)))) {
      return 0; // nothing to do below, or nothing that a huge page should be split for
    }
    VmArea vma = walk.vma();
    if (vma == null) {
      if (Pud.pudLeaf(pud) || !Pud.pudPresent(pud)) {
        return 0;
      }
    } else if (Pud.pudTransHuge(pud)) {
      splitter.splitHugePudRaw(vma, pudTable, index, addr);
    }
    return walkPmdRange(pudTable, index, addr, next, walk);
  }

  @PortedFrom("mm/pagewalk.c:walk_pmd_range")
  private int walkPmdRange(PageTable pudTable, int pudAt, long start, long end, MmWalk walk) {
    PageTable pmdTable = PgTables.below(pudTable, pudAt);
    if (pmdTable == null) {
      walk.action = WalkAction.ACTION_AGAIN;
      return 0;
    }
    boolean install = walk.ops.has(INSTALL_PTE);
    long addr = start;
    while (true) {
      walk.action = WalkAction.ACTION_SUBTREE;
      long next = pmdAddrEnd(addr, end);
      int index = pmdIndex(addr);
      walk.work().pmdEntries++;
      int err = 0;
      boolean none = Pmd.pmdNone(pmdTable.getLockless(index));
      if (none && install) {
        err = installed(walk.mm().pgTables.pteAllocRaw(pmdTable, index));
      } else if (none) {
        err = walk.hole(addr, next, realDepth(3));
      }
      if (err == 0 && (!none || install)) {
        err = belowPmd(pmdTable, index, addr, next, walk);
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

  /** What the walk does with a PMD entry that is not none. */
  @PortedFrom(value = "mm/pagewalk.c:walk_pmd_range", part = true)
  private int belowPmd(PageTable pmdTable, int index, long addr, long next, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    if (ops.has(PMD_ENTRY)) {
      int err = ops.pmdEntry(pmdTable, index, addr, next, walk);
      if (err != 0) {
        return err;
      }
    }
    if (walk.action != WalkAction.ACTION_SUBTREE) {
      return 0;
    }
    long pmd = pmdTable.getLockless(index);
    if (!ops.has(PTE_ENTRY)
        && (!ops.has(INSTALL_PTE) || (Pmd.pmdPresent(pmd) && Pmd.pmdTransHuge(pmd)))) {
      return 0;
    }
    VmArea vma = walk.vma();
    if (vma == null) {
      if (Pmd.pmdLeaf(pmd) || !Pmd.pmdPresent(pmd)) {
        return 0;
      }
    } else if (Pmd.isSwapPmd(pmd) || Pmd.pmdTransHuge(pmd)) {
      splitter.splitHugePmdRaw(vma, pmdTable, index, addr);
    }
    return walkPteRange(pmdTable, index, addr, next, walk);
  }

  /** Walks one table of PTEs: under its lock, but for walks that know no VMA. */
  @PortedFrom(
      value = "mm/pagewalk.c:walk_pte_range",
      fidelity = Fidelity.ADAPTED,
      differs = "a kernel's table that is gone is looked for again like any other")
  private static int walkPteRange(PageTable pmdTable, int at, long start, long end, MmWalk walk) {
    if (walk.noVma) {
      PageTable table = PgTables.below(pmdTable, at);
      if (table != null) {
        return walkPteRangeInner(table, start, end, walk);
      }
    } else {
      PageTable table = PgTables.pteOffsetMapLock(pmdTable, at);
      if (table != null) {
        try {
          return walkPteRangeInner(table, start, end, walk);
        } finally {
          table.ptl.unlock();
        }
      }
    }
    walk.action = WalkAction.ACTION_AGAIN;
    return 0;
  }

  @PortedFrom(
      value = "mm/pagewalk.c:walk_pte_range_inner",
      fidelity = Fidelity.ADAPTED,
      differs = "no update_mmu_cache, which is empty on x86")
  private static int walkPteRangeInner(PageTable table, long start, long end, MmWalk walk) {
    MmWalkOps ops = walk.ops;
    boolean install = ops.has(INSTALL_PTE);
    int index = pteIndex(start);
    for (long addr = start; ; addr += PAGE_SIZE, index++) {
      walk.work().ptesRead++;
      int err;
      if (install && Pte.pteNone(table.get(index))) {
        err = ops.installPte(addr, addr + PAGE_SIZE, walk);
        if (err == 0) {
          table.set(index, walk.newPte);
        }
      } else {
        err = ops.pteEntry(table, index, addr, addr + PAGE_SIZE, walk);
      }
      if (err != 0 || Long.compareUnsigned(addr, end - PAGE_SIZE) >= 0) {
        return err;
      }
    }
  }

  private static int installed(@Nullable PageTable table) {
    return table == null ? -Errno.ENOMEM : 0;
  }

  /** The level at which an entry really is: 0 pgd, 2 pud, 3 pmd; that of p4d is folded away. */
  @PortedFrom("mm/pagewalk.c:real_depth")
  private static int realDepth(int depth) {
    return depth == 1 ? 0 : depth;
  }
}
