// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

/** The state of one walk; whoever walks often keeps one and uses it again. Not for two threads. */
@PortedFrom(
    value = "include/linux/pagewalk.h:mm_walk",
    fidelity = Fidelity.ADAPTED,
    differs = "carries the walker's work counters, and the word that install_pte makes")
public final class MmWalk {
  final MmWalkOps ops;
  private final @Nullable WorkCounters ownCounters;

  /** What the walk does with the entry that a callback has just seen; set by the callback. */
  public WalkAction action = WalkAction.ACTION_SUBTREE;

  /** The word that an install_pte wants in the place it was asked about. */
  public long newPte;

  /** Nothing is known of VMAs: entries are not locked. */
  boolean noVma;

  @Nullable VmArea vma;
  private @Nullable Mm mm;
  private @Nullable PageTable pgd;
  private @Nullable WorkCounters work;

  /** A walk whose work is that of the task which walks. */
  public MmWalk(MmWalkOps ops) {
    this.ops = ops;
    this.ownCounters = null;
  }

  /**
   * A walk whose work is counted apart.
   *
   * @param counters takes it
   */
  public MmWalk(MmWalkOps ops, WorkCounters counters) {
    this.ops = ops;
    this.ownCounters = counters;
  }

  /** Counts a call, whatever becomes of it. */
  void countWalk(Sched sched) {
    work = ownCounters != null ? ownCounters : sched.current().work;
    work.pageWalks++;
  }

  void begin(Mm walked, @Nullable VmArea within) {
    begin(walked, walked.pgTables.pgd(), false);
    vma = within;
  }

  void beginNoVma(Mm walked, @Nullable PageTable top) {
    begin(walked, top != null ? top : walked.pgTables.pgd(), true);
    vma = null;
  }

  private void begin(Mm walked, PageTable top, boolean withoutVma) {
    mm = walked;
    pgd = top;
    noVma = withoutVma;
    action = WalkAction.ACTION_SUBTREE;
  }

  /** Tells pte_hole, where there is one. */
  int hole(long addr, long next, int depth) {
    return ops.has(WalkCallback.PTE_HOLE) ? ops.pteHole(addr, next, depth, this) : 0;
  }

  /** The top table. */
  PageTable pgd() {
    return Objects.requireNonNull(pgd, "no walk is under way");
  }

  /** The address space that is walked. */
  public Mm mm() {
    return Objects.requireNonNull(mm, "no walk is under way");
  }

  /** The VMA that is walked; null in a hole between VMAs, and where VMAs do not matter. */
  public @Nullable VmArea vma() {
    return vma;
  }

  /** The walker's counters; a callback that reads entries itself counts them here. */
  public WorkCounters work() {
    return Objects.requireNonNull(work, "no walk is under way");
  }
}
