// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c, include/linux/{mm,pgtable}.h and mm/pgtable-generic.c.
package org.samepage.mm.pgtable;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PTRS_PER_TABLE;
import static org.samepage.mm.units.PageUnits.pgdIndex;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pudIndex;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;

/**
 * The page tables of one address space: four levels, the top one made with it.
 *
 * <p>Tables are made on demand, under the lock of the level above, and counted in {@link
 * #pgtablesBytes}; the top one is not counted.
 */
public final class PgTables {
  /** Levels whose entries point to tables. */
  private static final int UPPER_LEVELS = 3;

  private final Sched sched;
  private final Folios folios;
  private final KernelLock pageTableLock;
  private final AtomicLong pgtablesBytes = new AtomicLong();
  private final PageTable pgd;

  /**
   * The tables of a new address space.
   *
   * @throws OutOfFramesException where no frame is left for the top table
   */
  public PgTables(Sched sched, Folios folios) {
    this.sched = sched;
    this.folios = folios;
    this.pageTableLock = new KernelLock(sched, LockClass.PAGE_TABLE_LOCK);
    PageTable top = newTable(pageTableLock, true);
    if (top == null) {
      throw new OutOfFramesException();
    }
    this.pgd = top;
  }

  /** No frame is left for a page table. */
  public static final class OutOfFramesException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** The top table. */
  public PageTable pgd() {
    return pgd;
  }

  /** mm->page_table_lock: guards the upper two levels and a VMA's anon_vma while it is set. */
  public KernelLock pageTableLock() {
    return pageTableLock;
  }

  /** Bytes of all tables but the top one: what VmPTE shows. */
  public long pgtablesBytes() {
    return pgtablesBytes.get();
  }

  /** The table of PUD words for this address; null where the top entry is empty. */
  public @Nullable PageTable pudTable(long addr) {
    return below(pgd, pgdIndex(addr));
  }

  /** The table of PMD words for this address; null where a level above is empty. */
  public @Nullable PageTable pmdTable(long addr) {
    PageTable pud = pudTable(addr);
    return pud == null ? null : below(pud, pudIndex(addr));
  }

  /** The table of PTEs for this address; null where a level above is empty or a leaf. */
  public @Nullable PageTable pteTable(long addr) {
    PageTable pmd = pmdTable(addr);
    return pmd == null ? null : below(pmd, pmdIndex(addr));
  }

  /** The table that a word points to; null where it is none, a leaf, or stands for one. */
  public static @Nullable PageTable below(PageTable table, int index) {
    long word = table.getLockless(index);
    return (word & (Pte.PRESENT | Pte.PSE)) == Pte.PRESENT ? table.lower(index) : null;
  }

  /**
   * The table of PTEs for this address, with the tables above it, made where missing.
   *
   * @return null where memory is short, or a huge entry is in the way
   */
  @PortedFrom(
      value = "include/linux/mm.h:pte_alloc",
      fidelity = Fidelity.ADAPTED,
      differs = "all levels in one call")
  public @Nullable PageTable pteAlloc(long addr) {
    PageTable pmd = pmdAlloc(addr);
    if (pmd == null) {
      return null;
    }
    PageTable pte = below(pmd, pmdIndex(addr));
    return pte != null ? pte : pteAllocRaw(pmd, pmdIndex(addr));
  }

  /** The table of PMD words for this address, made where missing; null where memory is short. */
  @PortedFrom(
      value = {"include/linux/mm.h:pmd_alloc", "include/linux/mm.h:pud_alloc"},
      fidelity = Fidelity.ADAPTED,
      differs = "all levels in one call; returns the table")
  public @Nullable PageTable pmdAlloc(long addr) {
    PageTable pud = pudTable(addr);
    if (pud == null) {
      pud = pudAllocRaw(pgd, pgdIndex(addr));
    }
    if (pud == null) {
      return null;
    }
    PageTable pmd = below(pud, pudIndex(addr));
    return pmd != null ? pmd : pmdAllocRaw(pud, pudIndex(addr));
  }

  /** A table of PUD words below this entry of the top table; null where memory is short. */
  @PortedFrom(
      value = "mm/memory.c:__pud_alloc",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the table")
  public @Nullable PageTable pudAllocRaw(PageTable top, int index) {
    return pmdInstall(top, index, pageTableLock, LockClass.PAGE_TABLE_LOCK, true);
  }

  /** A table of PMD words below this PUD entry; null where memory is short. */
  @PortedFrom(
      value = "mm/memory.c:__pmd_alloc",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the table")
  public @Nullable PageTable pmdAllocRaw(PageTable pudTable, int index) {
    return pmdInstall(pudTable, index, pageTableLock, LockClass.PMD_LOCK, true);
  }

  /** A table of PTEs below this PMD entry; null where memory is short, or the entry is huge. */
  @PortedFrom(
      value = "mm/memory.c:__pte_alloc",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the table")
  public @Nullable PageTable pteAllocRaw(PageTable pmdTable, int index) {
    return pmdInstall(pmdTable, index, pmdTable.ptl, LockClass.PTE_LOCK, false);
  }

  /**
   * The table of PTEs below an entry, with its lock held; null, and nothing held, where there is
   * none.
   */
  @PortedFrom(
      value = "mm/pgtable-generic.c:pte_offset_map_lock",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller finds the entry in the table by itself")
  public static @Nullable PageTable pteOffsetMapLock(PageTable pmdTable, int index) {
    while (true) {
      PageTable table = below(pmdTable, index);
      if (table == null) {
        return null;
      }
      table.ptl.lock();
      if (table == below(pmdTable, index)) {
        return table;
      }
      table.ptl.unlock(); // it was taken away meanwhile
    }
  }

  /** Makes a table and hangs it in; where somebody was quicker, theirs is taken. */
  @PortedFrom(
      value = "mm/memory.c:pmd_install",
      fidelity = Fidelity.ADAPTED,
      differs = "one function for all levels")
  private @Nullable PageTable pmdInstall(
      PageTable upper, int index, KernelLock upperLock, LockClass ownLock, boolean pointsToTables) {
    KernelLock lock =
        ownLock == LockClass.PAGE_TABLE_LOCK ? pageTableLock : new KernelLock(sched, ownLock);
    PageTable fresh = newTable(lock, pointsToTables);
    if (fresh == null) {
      return null;
    }
    upperLock.lock();
    boolean free = Pmd.pmdNone(upper.get(index));
    PageTable there = below(upper, index);
    pgtablesBytes.addAndGet(PAGE_SIZE);
    if (free) {
      upper.link(index, fresh);
    }
    upperLock.unlock();
    if (!free) {
      freeTable(fresh);
      return there;
    }
    return fresh;
  }

  // Tables that wait below huge entries: a split must not depend on there being memory

  /** An empty table of the lowest level that is nowhere yet, nor counted; null without memory. */
  @PortedFrom("include/asm-generic/pgalloc.h:pte_alloc_one")
  public @Nullable PageTable pteAllocOne() {
    return newTable(new KernelLock(sched, LockClass.PTE_LOCK), false);
  }

  /** Frees a table that {@link #pteAllocOne} made, or that was withdrawn. */
  @PortedFrom("include/asm-generic/pgalloc.h:pte_free")
  public void pteFree(PageTable table) {
    folios.folioPut(table.pfn);
  }

  /** Keeps a table for the huge entry at an index. Holds the lock of the table of PMD words. */
  @PortedFrom(
      value = "mm/pgtable-generic.c:pgtable_trans_huge_deposit",
      fidelity = Fidelity.ADAPTED,
      differs = "each entry has its own, where C has a list for each table")
  public void pgtableTransHugeDeposit(PageTable pmdTable, int index, PageTable table) {
    pmdTable.deposit(index, table);
  }

  /** Takes the table that was kept for an entry. Holds the lock of the table of PMD words. */
  @PortedFrom(
      value = "mm/pgtable-generic.c:pgtable_trans_huge_withdraw",
      fidelity = Fidelity.ADAPTED,
      differs = "each entry has its own, where C has a list for each table")
  public PageTable pgtableTransHugeWithdraw(PageTable pmdTable, int index) {
    return pmdTable.withdraw(index);
  }

  /** Lets an entry point to a table that is full already. Holds the lock of its own table. */
  @PortedFrom("include/asm-generic/pgalloc.h:pmd_populate")
  public void pmdPopulate(PageTable pmdTable, int index, PageTable table) {
    pmdTable.link(index, table);
  }

  /** Takes the table from an entry, with what it holds. Holds the locks of both tables. */
  @PortedFrom("mm/pgtable-generic.c:pmdp_collapse_flush")
  public void pmdpCollapseFlush(PageTable pmdTable, int index) {
    pmdTable.unlink(index);
  }

  @PortedFrom("include/linux/mm.h:mm_inc_nr_ptes")
  public void mmIncNrPtes() {
    pgtablesBytes.addAndGet(PAGE_SIZE);
  }

  @PortedFrom("include/linux/mm.h:mm_dec_nr_ptes")
  public void mmDecNrPtes() {
    pgtablesBytes.addAndGet(-PAGE_SIZE);
  }

  private @Nullable PageTable newTable(KernelLock ptl, boolean pointsToTables) {
    int pfn =
        sched.failSlab.shouldFailslab(Alloc.PAGE_TABLE)
            ? Frames.NO_PAGE
            : folios.vmaAllocFolioNoprof(Folios.NUMA_NO_NODE);
    if (pfn == Frames.NO_PAGE) {
      return null;
    }
    folios.frames().setFlag(pfn, PageFlags.PG_TABLE);
    return new PageTable(pfn, ptl, pointsToTables);
  }

  /**
   * Frees the table of the lowest level for an address, which is there, if it is empty. Holds
   * mmap_lock, and no table lock.
   */
  @PortedFrom(
      value = {"mm/pt_reclaim.c:try_get_and_clear_pmd", "mm/pt_reclaim.c:try_to_free_pte"},
      fidelity = Fidelity.ADAPTED,
      differs = "always looks at the table again")
  public void tryToFreePte(long addr) {
    PageTable pmdTable = Objects.requireNonNull(pmdTable(addr));
    int index = pmdIndex(addr);
    pmdTable.ptl.lock();
    PageTable table = below(pmdTable, index);
    boolean empty = false;
    if (table != null) {
      table.ptl.lock();
      empty = table.isEmpty();
      if (empty) {
        pmdTable.unlink(index);
      }
      table.ptl.unlock();
    }
    pmdTable.ptl.unlock();
    if (table != null && empty) {
      freeTable(table);
    }
  }

  /** Sees the part of one table of the lowest level that lies in a range. */
  @FunctionalInterface
  public interface TableVisitor {
    void part(PageTable table, long start, long end);
  }

  /** Sees an entry for a huge page, or for one on its way, of which a part lies in a range. */
  @FunctionalInterface
  public interface HugeVisitor {
    /**
     * Deals with it, or splits it.
     *
     * @param table holds the entry, at {@code index}; not locked
     * @return whether that is all; else the table that is below now, if there is one, is visited
     */
    boolean huge(PageTable table, int index, long start, long end);
  }

  /**
   * Goes through the tables of the lowest level that there are, and the huge entries, in address
   * order.
   */
  public void forEachTable(long start, long end, HugeVisitor huge, TableVisitor visitor) {
    for (long addr = start; addr < end; ) {
      PageTable pud = pudTable(addr);
      if (pud == null) {
        addr = nextBoundary(addr, PageUnits.PGDIR_SIZE);
        continue;
      }
      PageTable pmd = below(pud, pudIndex(addr));
      if (pmd == null) {
        addr = nextBoundary(addr, PageUnits.PUD_SIZE);
        continue;
      }
      long next = PageUnits.pmdAddrEnd(addr, end);
      int index = pmdIndex(addr);
      long word = pmd.getLockless(index);
      if (isHuge(word) && huge.huge(pmd, index, addr, next)) {
        addr = next;
        continue;
      }
      PageTable table = below(pmd, index);
      if (table != null) {
        visitor.part(table, addr, next);
      }
      addr = next;
    }
  }

  /** Whether a PMD word maps a huge page, or stands for one on its way. */
  public static boolean isHuge(long pmd) {
    return Pmd.pmdTransHuge(pmd) || Pmd.isSwapPmd(pmd);
  }

  private static long nextBoundary(long addr, long size) {
    return (addr + size) & -size;
  }

  /**
   * Frees the tables that are for {@code [addr, end)} alone: what they span must not reach below
   * the floor or above the ceiling, where neighbours begin.
   */
  @PortedFrom(
      value = {"mm/memory.c:free_pgd_range", "mm/memory.c:free_pgtables"},
      fidelity = Fidelity.ADAPTED,
      differs = "one method for all levels")
  public void freePgdRange(long addr, long end, long floor, long ceiling) {
    freeRange(pgd, UPPER_LEVELS, addr, end, floor, ceiling);
  }

  private void freeRange(
      PageTable table, int levels, long addr, long end, long floor, long ceiling) {
    int shift = PageUnits.PAGE_SHIFT + 9 * levels;
    long size = 1L << shift;
    for (long base = addr & -size; base < end; base += size) {
      int index = (int) (base >>> shift) & (PTRS_PER_TABLE - 1);
      PageTable lower = below(table, index);
      if (lower == null) {
        continue;
      }
      if (levels > 1) {
        freeRange(
            lower, levels - 1, Math.max(addr, base), Math.min(end, base + size), floor, ceiling);
      }
      if (base >= floor && base + size <= ceilingFor(ceiling, size)) {
        table.unlink(index);
        freeTable(lower);
      }
    }
  }

  /** The end of all addresses is the end of what its last table spans. */
  private static long ceilingFor(long ceiling, long size) {
    return ceiling == PageUnits.TASK_SIZE ? (ceiling + size) & -size : ceiling;
  }

  /** Frees all tables but the top one; the address space has no VMAs any more. */
  @PortedFrom(
      value = "mm/memory.c:free_pgtables",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "of a whole address space")
  public void freePgtables() {
    freeBelow(pgd, UPPER_LEVELS);
  }

  /** Frees the top table: the address space itself goes. */
  @PortedFrom(
      value = "kernel/fork.c:mm_free_pgd",
      fidelity = Fidelity.ADAPTED,
      differs = "called by the holder of the last mm_count")
  public void mmFreePgd() {
    folios.folioPut(pgd.pfn);
  }

  private void freeBelow(PageTable table, int levels) {
    if (levels == 0) {
      return;
    }
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      PageTable lower = table.lower(i);
      if (lower != null) {
        freeBelow(lower, levels - 1);
        table.unlink(i);
        freeTable(lower);
      }
    }
  }

  private void freeTable(PageTable table) {
    pgtablesBytes.addAndGet(-PAGE_SIZE);
    folios.folioPut(table.pfn);
  }
}
