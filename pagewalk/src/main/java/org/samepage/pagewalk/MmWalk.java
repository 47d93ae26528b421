// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

/** The state of one walk; whoever walks often keeps one and uses it again. Not for two threads. */
@PortedFrom(
    value = "include/linux/pagewalk.h:mm_walk",
    fidelity = Fidelity.ADAPTED,
    differs = "carries the walker's work counters")
public final class MmWalk {
  final MmWalkOps ops;

  /** What the walk does with the entry that a callback has just seen; set by the callback. */
  public WalkAction action = WalkAction.ACTION_SUBTREE;

  private @Nullable Mm mm;
  @Nullable VmArea vma;
  private @Nullable WorkCounters work;

  public MmWalk(MmWalkOps ops) {
    this.ops = ops;
  }

  void begin(Mm walked, @Nullable VmArea within, WorkCounters counters) {
    mm = walked;
    vma = within;
    work = counters;
    action = WalkAction.ACTION_SUBTREE;
  }

  /** The address space that is walked. */
  public Mm mm() {
    return Objects.requireNonNull(mm, "no walk is under way");
  }

  /** The VMA that is walked; null in a hole between VMAs. */
  public @Nullable VmArea vma() {
    return vma;
  }

  /** The walker's counters; a callback that reads entries itself counts them here. */
  public WorkCounters work() {
    return Objects.requireNonNull(work, "no walk is under way");
  }
}
