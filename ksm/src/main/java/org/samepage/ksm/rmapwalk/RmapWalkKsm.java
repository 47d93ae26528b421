// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.rmapwalk;

import java.util.Objects;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.AnonVmaIntervalTree;
import org.samepage.rmap.KsmRmapWalk;
import org.samepage.rmap.RmapWalkControl;

/**
 * The walk over all mappings of a KSM folio.
 *
 * <p>Which VMAs are asked about an item is a strategy; so is whether a walk that came out short is
 * followed by a second one over the rest. How many entries a walk found is what its callback added
 * to the task's {@code ptes_found}.
 */
public final class RmapWalkKsm implements KsmRmapWalk {
  /** Unsigned: the last page offset there can be. */
  private static final long ULONG_MAX = -1L;

  private final StableNodes nodes;
  private final Sched sched;
  private final Folios folios;
  private final KernelLog log;
  private final RmapWalkStrategy strategy;

  public RmapWalkKsm(
      StableNodes nodes, Sched sched, Folios folios, KernelLog log, RmapWalkStrategy strategy) {
    this.nodes = nodes;
    this.sched = sched;
    this.folios = folios;
    this.log = log;
    this.strategy = strategy;
  }

  /**
   * Visits the VMAs that may map a folio: first those of each item's own mm, then, for children
   * forked since the merge, those of other mms. A VMA can be visited more than once.
   *
   * @param folio a locked KSM folio; without a stable node nothing is visited
   */
  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the interval of the query is a strategy's; may be followed by a second walk")
  public void rmapWalkKsm(int folio, RmapWalkControl rwc) {
    log.bugOn(!folios.folioTestKsm(folio), "rmap_walk_ksm: not a KSM folio");
    log.bugOn(!folios.folioTestLocked(folio), "rmap_walk_ksm: folio is not locked");
    WorkCounters work = sched.current().work;
    work.rmapWalks++;
    KsmStableNode node = nodes.folioStableNode(folio);
    if (node == null) {
      return;
    }
    int mapped = strategy.fallsBack() ? folios.folioMapcount(folio) : 0;
    long before = work.ptesFound;
    boolean goesOn =
        walk(folio, node, rwc, false, Query.STRATEGY)
            && walk(folio, node, rwc, true, Query.STRATEGY);
    if (goesOn && strategy.fallsBack() && isShort(mapped, work.ptesFound - before)) {
      work.rmapSecondPasses++;
      var _ = walk(folio, node, rwc, false, Query.REST) && walk(folio, node, rwc, true, Query.REST);
    }
  }

  /** What the interval trees are asked for. */
  private enum Query {
    /** What the strategy says. */
    STRATEGY,
    /** All VMAs but those that it says. */
    REST
  }

  /**
   * Whether entries are left that a walk has not found.
   *
   * @param mapped entries that mapped the folio before it; 0 also where they are migration entries,
   *     of which nobody knows how many there are
   */
  private static boolean isShort(int mapped, long found) {
    return mapped == 0 || found < mapped;
  }

  /** One pass over the items; returns whether the walk goes on. */
  private boolean walk(
      int folio, KsmStableNode node, RmapWalkControl rwc, boolean searchNewForks, Query query) {
    for (KsmRmapItem item = node.firstItem(); item != null; item = item.hlistNext()) {
      AnonVma anonVma = Objects.requireNonNull(item.anonVma);
      sched.condResched();
      if (!anonVma.root.rwsem.readTryLock()) {
        if (rwc.tryLock) {
          rwc.contended = true;
          return false;
        }
        anonVma.root.rwsem.readLock();
      }
      boolean goesOn = walkItem(folio, item, anonVma, rwc, searchNewForks, query);
      anonVma.root.rwsem.readUnlock();
      if (!goesOn) {
        return false;
      }
    }
    return true;
  }

  private boolean walkItem(
      int folio,
      KsmRmapItem item,
      AnonVma anonVma,
      RmapWalkControl rwc,
      boolean searchNewForks,
      Query query) {
    WorkCounters work = sched.current().work;
    long iterations = work.rmapIterations;
    long outOfRange = work.rmapOutOfRange;
    long mmMismatch = work.rmapMmMismatch;
    boolean goesOn = visit(folio, item, anonVma, rwc, searchNewForks, query, work);
    rwc.loopDone(
        work.rmapIterations - iterations,
        work.rmapOutOfRange - outOfRange,
        work.rmapMmMismatch - mmMismatch);
    return goesOn;
  }

  /** The loop over the VMAs that the query returns. */
  // tag::rmap-visit[]
  private boolean visit(
      int folio,
      KsmRmapItem item,
      AnonVma anonVma,
      RmapWalkControl rwc,
      boolean searchNewForks,
      Query query,
      WorkCounters work) {
    long addr = item.pageAddress();
    boolean rest = query == Query.REST;
    long seenFirst = strategy.firstPgoff(item);
    long seenLast = strategy.lastPgoff(item);
    long first = rest ? 0 : seenFirst;
    long last = rest ? ULONG_MAX : seenLast;
    AnonVmaChain avc =
        AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(anonVma.rbRoot, first, last, work);
    for (;
        avc != null;
        avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, first, last, work)) {
      sched.condResched();
      work.rmapIterations++;
      VmArea vma = avc.vma;
      if (addr < vma.vmStart || addr >= vma.vmEnd) {
        work.rmapOutOfRange++;
      } else if ((item.mm == vma.vmMm) == searchNewForks) {
        work.rmapMmMismatch++;
      } else if (!(rest && intersects(vma, seenFirst, seenLast))
          && !rwc.invalidVma(vma)
          && (!rwc.rmapOne(folio, vma, addr) || rwc.done(folio))) {
        return false;
      }
    }
    return true;
  }

  // end::rmap-visit[]

  /** Whether a query for this interval returns the VMA. */
  private static boolean intersects(VmArea vma, long first, long last) {
    return Long.compareUnsigned(vma.vmPgoff, last) <= 0
        && Long.compareUnsigned(first, vma.vmPgoff + vma.vmaPages() - 1) <= 0;
  }
}
