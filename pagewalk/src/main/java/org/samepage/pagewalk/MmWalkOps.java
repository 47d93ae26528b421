// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * What a walk calls. A subclass names the callbacks it has and overrides exactly those.
 *
 * <p>An entry is a table and an index. A callback returns 0 to go on, a positive value to end the
 * walk with that result, a negative errno to end it with that error. {@link #postVma} returns
 * nothing: it also runs when the walk of its VMA ended early.
 *
 * <p>What C passes in {@code private} is a field of the subclass.
 */
@PortedFrom(
    value = "include/linux/pagewalk.h:mm_walk_ops",
    fidelity = Fidelity.ADAPTED,
    differs = "a set of names says which callbacks there are, where C has null pointers")
public abstract class MmWalkOps {
  final PageWalkLock walkLock;
  private final int present;

  protected MmWalkOps(PageWalkLock walkLock, WalkCallback... callbacks) {
    this.walkLock = walkLock;
    int mask = 0;
    for (WalkCallback callback : callbacks) {
      mask |= callback.mask();
    }
    this.present = mask;
  }

  final boolean has(WalkCallback callback) {
    return (present & callback.mask()) != 0;
  }

  /**
   * Whether any of these callbacks is there; {@code masks} is an or of {@link WalkCallback#mask}.
   */
  final boolean hasAny(int masks) {
    return (present & masks) != 0;
  }

  /** Whether anybody may walk with these: installing entries is for memory management alone. */
  @PortedFrom("mm/pagewalk.c:check_ops_valid")
  final boolean checkOpsValid() {
    return !has(WalkCallback.INSTALL_PTE);
  }

  /** Sees every top entry, empty ones too: on four levels this one is folded into the next. */
  protected int pgdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    throw absent(WalkCallback.PGD_ENTRY);
  }

  protected int p4dEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    throw absent(WalkCallback.P4D_ENTRY);
  }

  /** Sees entries that point to a table, and huge ones; never an empty one. No lock is held. */
  protected int pudEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    throw absent(WalkCallback.PUD_ENTRY);
  }

  /** Sees entries that point to a table, and huge ones; never an empty one. No lock is held. */
  protected int pmdEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    throw absent(WalkCallback.PMD_ENTRY);
  }

  /**
   * Sees every entry of a table, empty ones too, with the table's lock held where there is a VMA.
   * With an {@link #installPte}, empty ones are its.
   */
  protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
    throw absent(WalkCallback.PTE_ENTRY);
  }

  /**
   * Sees what has no table below an entry of the given level.
   *
   * @param depth 0 pgd, 1 p4d, 2 pud, 3 pmd; -1 where that is not known: outside any VMA, in a
   *     PFNMAP or hugetlb one
   */
  protected int pteHole(long addr, long next, int depth, MmWalk walk) {
    throw absent(WalkCallback.PTE_HOLE);
  }

  /**
   * Sees each page of a hugetlb VMA that has a place in the tables, be it empty.
   *
   * @param hmask the mask of a huge page's address
   * @param addr within the huge page; its first byte but at the start of the walk
   */
  protected int hugetlbEntry(
      PageTable table, int index, long hmask, long addr, long next, MmWalk walk) {
    throw absent(WalkCallback.HUGETLB_ENTRY);
  }

  /** Decides about a VMA: 0 walk it, positive skip it, negative end the walk with that error. */
  protected int testWalk(long start, long end, MmWalk walk) {
    throw absent(WalkCallback.TEST_WALK);
  }

  protected int preVma(long start, long end, MmWalk walk) {
    throw absent(WalkCallback.PRE_VMA);
  }

  protected void postVma(MmWalk walk) {
    throw absent(WalkCallback.POST_VMA);
  }

  /**
   * Fills an empty entry: sets {@link MmWalk#newPte}. The table's lock is held. Tables are made for
   * it where there are none; what is not empty goes to {@link #pteEntry}, which must be there too.
   *
   * @return 0, or a result that ends the walk and leaves the entry empty
   */
  protected int installPte(long addr, long next, MmWalk walk) {
    throw absent(WalkCallback.INSTALL_PTE);
  }

  private static IllegalStateException absent(WalkCallback callback) {
    return new IllegalStateException(callback + " is needed, and not overridden");
  }
}
