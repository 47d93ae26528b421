// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.rmapwalk;

import java.util.Objects;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.phys.Folios;
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

/** The walk over all mappings of a KSM folio. */
public final class RmapWalkKsm implements KsmRmapWalk {
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
  @PortedFrom("mm/ksm.c:rmap_walk_ksm")
  public void rmapWalkKsm(int folio, RmapWalkControl rwc) {
    log.bugOn(!folios.folioTestKsm(folio), "rmap_walk_ksm: not a KSM folio");
    log.bugOn(!folios.folioTestLocked(folio), "rmap_walk_ksm: folio is not locked");
    sched.current().work.rmapWalks++;
    KsmStableNode node = nodes.folioStableNode(folio);
    if (node != null && walk(folio, node, rwc, false)) {
      var _ = walk(folio, node, rwc, true);
    }
  }

  /** One pass over the items; returns whether the walk goes on. */
  private boolean walk(int folio, KsmStableNode node, RmapWalkControl rwc, boolean searchNewForks) {
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
      boolean goesOn = walkItem(folio, item, anonVma, rwc, searchNewForks);
      anonVma.root.rwsem.readUnlock();
      if (!goesOn) {
        return false;
      }
    }
    return true;
  }

  private boolean walkItem(
      int folio, KsmRmapItem item, AnonVma anonVma, RmapWalkControl rwc, boolean searchNewForks) {
    WorkCounters work = sched.current().work;
    long addr = item.pageAddress();
    long first = strategy.firstPgoff(item);
    long last = strategy.lastPgoff(item);
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
      } else if (!rwc.invalidVma(vma) && (!rwc.rmapOne(folio, vma, addr) || rwc.done(folio))) {
        return false;
      }
    }
    return true;
  }
}
