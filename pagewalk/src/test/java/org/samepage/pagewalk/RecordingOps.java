// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntBiFunction;
import org.samepage.mm.pgtable.PageTable;

/**
 * Writes down each call as {@code what@offset+length}, the offset from a base, and answers as told.
 * An empty PTE is counted, not written down.
 */
final class RecordingOps extends MmWalkOps {
  final List<String> visits = new ArrayList<>();

  /** What a callback answers: it gets what was written down, and may set an action. */
  ToIntBiFunction<String, MmWalk> answer = (visit, walk) -> 0;

  /** Calls of pte_entry, for empty entries too. */
  int ptes;

  /** Of those, with the table's lock held. */
  int ptesLocked;

  private final long base;

  RecordingOps(long base, WalkCallback... callbacks) {
    this(PageWalkLock.PGWALK_RDLOCK, base, callbacks);
  }

  RecordingOps(PageWalkLock lock, long base, WalkCallback... callbacks) {
    super(lock, callbacks);
    this.base = base;
  }

  private int note(String what, long addr, long next, MmWalk walk) {
    String visit = "%s@%x+%x".formatted(what, addr - base, next - addr);
    visits.add(visit);
    return answer.applyAsInt(visit, walk);
  }

  @Override
  protected int pgdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    return note("pgd", addr, next, walk);
  }

  @Override
  protected int p4dEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    return note("p4d", addr, next, walk);
  }

  @Override
  protected int pudEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    return note("pud", addr, next, walk);
  }

  @Override
  protected int pmdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    return note("pmd", addr, next, walk);
  }

  @Override
  protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    ptes++;
    ptesLocked += table.ptl.isLocked() ? 1 : 0;
    return table.get(index) == 0 ? 0 : note("pte", addr, next, walk);
  }

  @Override
  protected int pteHole(long addr, long next, int depth, MmWalk walk) {
    return note("hole" + depth, addr, next, walk);
  }

  @Override
  protected int hugetlbEntry(
      PageTable table, int index, long hmask, long addr, long next, MmWalk walk) {
    return note("hugetlb%x[%d]".formatted(-hmask, index), addr, next, walk);
  }

  @Override
  protected int testWalk(long start, long end, MmWalk walk) {
    return note("test", start, end, walk);
  }

  @Override
  protected int preVma(long start, long end, MmWalk walk) {
    return note("pre", start, end, walk);
  }

  @Override
  protected void postVma(MmWalk walk) {
    visits.add("post");
  }

  @Override
  protected int installPte(long addr, long next, MmWalk walk) {
    return note("install", addr, next, walk);
  }
}
