// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.units.PageUnits;

/**
 * One table of 512 words, and where its entries point to tables, those tables.
 *
 * <p>{@link #get} is for holders of the table's lock; {@link #getLockless} for everybody else. The
 * figures behind plain reads in a {@code long[]} are in docs/adr/0001.
 */
public final class PageTable {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  /** The frame that holds the table, as the word above it says. */
  public final int pfn;

  /** Guards the words of this table; also what a PMD table's split lock is. */
  public final KernelLock ptl;

  private final long[] words = new long[PageUnits.PTRS_PER_TABLE];
  private final @Nullable PageTable @Nullable [] lower;

  /**
   * An empty table.
   *
   * @param pointsToTables false for a table of the lowest level
   */
  PageTable(int pfn, KernelLock ptl, boolean pointsToTables) {
    this.pfn = pfn;
    this.ptl = ptl;
    this.lower = pointsToTables ? new PageTable[PageUnits.PTRS_PER_TABLE] : null;
  }

  /** A word, read by one who holds the lock. */
  public long get(int index) {
    return words[index];
  }

  /** A word, read without the lock: it may change at any time. */
  public long getLockless(int index) {
    return (long) WORD.getAcquire(words, index);
  }

  public void set(int index, long word) {
    WORD.setRelease(words, index, word);
  }

  /** Clears a word and returns what it was, the accessed and dirty bits set meanwhile included. */
  public long getAndClear(int index) {
    return (long) WORD.getAndSet(words, index, 0L);
  }

  /** Sets bits in a word if it still is what the caller saw: what the hardware does on access. */
  public boolean compareAndSet(int index, long expected, long word) {
    return WORD.compareAndSet(words, index, expected, word);
  }

  /** The table that a word of this one points to, or that is kept for a leaf; null for none. */
  public @Nullable PageTable lower(int index) {
    return Objects.requireNonNull(lower)[index];
  }

  /** Hangs a table below this one: the table first, then the word that makes it visible. */
  void link(int index, PageTable table) {
    Objects.requireNonNull(lower)[index] = table;
    set(index, Pmd.tableWord(table.pfn));
  }

  /** Keeps a table below a huge entry, for when that is split. */
  void deposit(int index, PageTable table) {
    Objects.requireNonNull(lower)[index] = table;
  }

  /** Takes a kept table away. */
  PageTable withdraw(int index) {
    PageTable kept = Objects.requireNonNull(lower(index), "no table was deposited");
    Objects.requireNonNull(lower)[index] = null;
    return kept;
  }

  /** Takes a table away: the word first. */
  void unlink(int index) {
    set(index, 0);
    Objects.requireNonNull(lower)[index] = null;
  }

  public boolean isEmpty() {
    for (long word : words) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }
}
