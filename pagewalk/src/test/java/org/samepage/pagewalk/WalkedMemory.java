// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import java.util.Objects;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pud;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Memory whose tables hold huge words too, and one that splits them into tables as told. */
final class WalkedMemory implements AutoCloseable, HugeSplitter {
  static final long BASE = 0x1000_0000_0000L;
  static final long PAGE = PageUnits.PAGE_SIZE;
  static final long MIB2 = PageUnits.PMD_SIZE;
  static final long GIB = PageUnits.PUD_SIZE;
  static final long TOP = PageUnits.PGDIR_SIZE;

  final TestMemory memory;
  final Mm mm;
  final PageWalk pageWalk;

  /** What has been split: {@code pmd@offset}. */
  final StringBuilder splits = new StringBuilder();

  /** Whether a split lets go of the pages, as for those of files, or makes a table of them. */
  boolean splitEmpties;

  WalkedMemory() {
    this(new TestMemory());
  }

  /** Memory with room for so many page tables, the top one included, and nothing else. */
  WalkedMemory(int tables) {
    this(new TestMemory(new MemoryLayout(1, tables)));
  }

  private WalkedMemory(TestMemory memory) {
    this.memory = memory;
    mm = memory.mm();
    pageWalk = new PageWalk(memory.sched, this, memory.log);
    mm.mmapLock.readLock();
  }

  SwapTypes swapTypes() {
    return SwapTypes.REFERENCE;
  }

  VmArea map(long offset, long pages) {
    return memory.map(mm, BASE + offset, pages, TestMemory.RW);
  }

  void populate(VmArea vma, long... offsets) {
    for (long offset : offsets) {
      var _ = memory.populate(vma, BASE + offset);
    }
  }

  PageTable pudTable(long addr) {
    PgTables tables = mm.pgTables;
    PageTable there = tables.pudTable(addr);
    return there != null
        ? there
        : Objects.requireNonNull(tables.pudAllocRaw(tables.pgd(), PageUnits.pgdIndex(addr)));
  }

  PageTable pmdTable(long addr) {
    PageTable there = mm.pgTables.pmdTable(addr);
    return there != null
        ? there
        : Objects.requireNonNull(mm.pgTables.pmdAllocRaw(pudTable(addr), PageUnits.pudIndex(addr)));
  }

  /** Puts a PMD word, whose slot must be empty so far. */
  void setPmd(long addr, long word) {
    pmdTable(addr).set(PageUnits.pmdIndex(addr), word);
  }

  void setPud(long addr, long word) {
    pudTable(addr).set(PageUnits.pudIndex(addr), word);
  }

  /** The word of a huge page of 2 MiB with the protection of the mapping. */
  long hugePmd(long pfn, VmArea vma) {
    return Pmd.pmdMkhuge(Pmd.pfnPmd(pfn, vma.vmPageProt));
  }

  long hugePud(long pfn, VmArea vma) {
    return Pud.pudMkhuge(Pud.pfnPud(pfn, vma.vmPageProt));
  }

  int walk(VmArea vma, MmWalkOps ops) {
    return pageWalk.walkPageRangeVma(vma, vma.vmStart, vma.vmEnd, new MmWalk(ops));
  }

  int walkMm(long start, long end, MmWalkOps ops) {
    return pageWalk.walkPageRange(mm, BASE + start, BASE + end, new MmWalk(ops));
  }

  @Override
  public void splitHugePmdRaw(VmArea vma, PageTable table, int index, long address) {
    splits.append("pmd@%x ".formatted(address - BASE));
    table.set(index, 0);
    if (!splitEmpties) {
      var _ = mm.pgTables.pteAllocRaw(table, index);
    }
  }

  @Override
  public void splitHugePudRaw(VmArea vma, PageTable table, int index, long address) {
    splits.append("pud@%x ".formatted(address - BASE));
    table.set(index, 0);
    if (!splitEmpties) {
      var _ = mm.pgTables.pmdAllocRaw(table, index);
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
