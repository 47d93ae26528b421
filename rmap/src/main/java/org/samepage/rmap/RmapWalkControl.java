// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/rmap.h.
package org.samepage.rmap;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/** What a walk over the mappings of a folio calls, and what it tells the caller. */
@PortedFrom(
    value = "include/linux/rmap.h:rmap_walk_control",
    fidelity = Fidelity.ADAPTED,
    differs = "a base class whose methods do what absent callbacks do in C")
public abstract class RmapWalkControl {
  /** Give up, and say so, where a lock is taken. */
  public boolean tryLock;

  /** Set by the walk where it gave up. */
  public boolean contended;

  /**
   * Whether the anon_vma is locked by {@link FolioAnonVma#folioLockAnonVmaRead}, so that nothing is
   * visited where the folio is not mapped any more.
   */
  public boolean anonLock;

  /**
   * Visits a VMA that covers the address; false ends the whole walk.
   *
   * <p>Counts each entry of the folio that it finds there in the task's {@code ptes_found}: a walk
   * of merged pages that falls back goes by that.
   */
  public abstract boolean rmapOne(int folio, VmArea vma, long addr);

  /** Whether the walk may end now. */
  public boolean done(int folio) {
    return false;
  }

  /** Whether to pass over this VMA. */
  public boolean invalidVma(VmArea vma) {
    return false;
  }

  private long maxIterations;
  private long maxOutOfRange;
  private long maxMmMismatch;

  /**
   * Told after each loop over the VMAs of an interval tree: one for each rmap_item and pass where
   * the folio is KSM's, one for the whole walk else.
   *
   * @param iterations VMAs that the query returned
   * @param outOfRange of those, passed over because the address lies outside
   * @param mmMismatch of those, passed over because it is not their mm's turn
   */
  public final void loopDone(long iterations, long outOfRange, long mmMismatch) {
    maxIterations = Math.max(maxIterations, iterations);
    maxOutOfRange = Math.max(maxOutOfRange, outOfRange);
    maxMmMismatch = Math.max(maxMmMismatch, mmMismatch);
  }

  /** The most VMAs that the query of any one loop returned. */
  public final long maxIterations() {
    return maxIterations;
  }

  /** The most that any one loop passed over because the address lay outside. */
  public final long maxOutOfRange() {
    return maxOutOfRange;
  }

  /** The most that any one loop passed over because it was not their mm's turn. */
  public final long maxMmMismatch() {
    return maxMmMismatch;
  }
}
