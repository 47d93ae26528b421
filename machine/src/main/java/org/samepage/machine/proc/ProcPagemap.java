// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.proc;

import static org.samepage.mm.units.PageUnits.PTRS_PER_TABLE;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;

/** The present pages of an address space, as /proc/PID/pagemap would tell them. */
public final class ProcPagemap {
  /** Levels above the lowest tables. */
  private static final int TOP = 3;

  private ProcPagemap() {}

  /** Sees one present page. */
  @FunctionalInterface
  public interface Visitor {
    void page(long addr, int pfn);
  }

  /** Sees one word that is neither none nor present. */
  @FunctionalInterface
  public interface NonpresentVisitor {
    void word(long addr, long word);
  }

  /** Visits all present pages in address order, the zero page's mappings too. */
  public static void visit(Mm mm, Visitor visitor) {
    words(
        mm,
        (addr, word) -> {
          if (Pte.ptePresent(word)) {
            visitor.page(addr, (int) Pte.ptePfn(word));
          }
        });
  }

  /** Visits all words that stand for something else, in address order. */
  public static void visitNonpresent(Mm mm, NonpresentVisitor visitor) {
    words(
        mm,
        (addr, word) -> {
          if (SwapEntry.isSwapPte(word)) {
            visitor.word(addr, word);
          }
        });
  }

  private static void words(Mm mm, NonpresentVisitor visitor) {
    mm.mmapLock.readLock();
    try {
      visit(mm.pgTables.pgd(), TOP, 0, visitor);
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  /** A huge entry as the words that it would be split into. */
  private static void huge(long start, long pmd, NonpresentVisitor visitor) {
    long first = Pmd.pmdPresent(pmd) ? Pte.pfnPte(Pmd.pmdPfn(pmd), pmd & ~Pmd.PFN_MASK) : pmd;
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      boolean present = Pte.ptePresent(first);
      visitor.word(
          start + PageUnits.pagesToBytes(i),
          present ? Pte.pteAdvancePfn(first, i) : SwapEntry.pteMoveSwpOffset(first, i));
    }
  }

  private static void visit(PageTable table, int level, long base, NonpresentVisitor visitor) {
    int shift = PageUnits.PAGE_SHIFT + 9 * level;
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      long addr = base + ((long) i << shift);
      long word = table.getLockless(i);
      if (level == 0) {
        visitor.word(addr, word);
        continue;
      }
      if (level == 1 && PgTables.isHuge(word)) {
        huge(addr, word, visitor);
        continue;
      }
      PageTable lower = PgTables.below(table, i);
      if (lower != null) {
        visit(lower, level - 1, addr, visitor);
      }
    }
  }
}
