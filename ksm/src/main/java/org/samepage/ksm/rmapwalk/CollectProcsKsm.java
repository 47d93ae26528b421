// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.rmapwalk;

import java.util.List;
import java.util.Objects;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.AnonVmaIntervalTree;

/** Who must be told that the memory of a merged page has failed. */
public final class CollectProcsKsm {
  private static final long ULONG_MAX = -1L;

  private final Sched sched;
  private final StableNodes nodes;

  public CollectProcsKsm(Sched sched, StableNodes nodes) {
    this.sched = sched;
    this.nodes = nodes;
  }

  /** The list of those to be killed. It drops a process that is on it already. */
  @FunctionalInterface
  public interface ToKill {
    /**
     * Adds a process.
     *
     * @param addr where the page was merged, which its mapping need not cover
     */
    @PortedFrom("mm/memory-failure.c:add_to_kill_ksm")
    void addToKillKsm(Mm mm, VmArea vma, long addr);
  }

  /**
   * Adds each process that has a VMA in the anon_vma of one of the page's items: whether or not
   * that VMA covers the item's address.
   *
   * @param folio a KSM folio
   * @param processes those that task_early_kill would pick
   */
  @PortedFrom(
      value = "mm/ksm.c:collect_procs_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the processes are given; one range for all versions")
  public void collectProcsKsm(int folio, List<Mm> processes, ToKill toKill) {
    KsmStableNode node = nodes.folioStableNode(folio);
    if (node == null) {
      return;
    }
    for (KsmRmapItem item = node.firstItem(); item != null; item = item.hlistNext()) {
      AnonVma anonVma = Objects.requireNonNull(item.anonVma);
      anonVma.root.rwsem.readLock();
      for (Mm process : processes) {
        collect(item, anonVma, process, toKill);
      }
      anonVma.root.rwsem.readUnlock();
    }
  }

  private void collect(KsmRmapItem item, AnonVma anonVma, Mm process, ToKill toKill) {
    WorkCounters work = sched.current().work;
    AnonVmaChain avc =
        AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(anonVma.rbRoot, 0, ULONG_MAX, work);
    while (avc != null) {
      if (avc.vma.vmMm == process) {
        toKill.addToKillKsm(process, avc.vma, item.pageAddress());
      }
      avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, 0, ULONG_MAX, work);
    }
  }
}
