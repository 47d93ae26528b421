// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.hotremove;

import static org.samepage.ksm.state.KsmKnobs.KSM_RUN_OFFLINE;

import java.util.List;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;

/** KSM's part in taking memory offline. */
public final class KsmHotRemove {
  private final KsmState state;
  private final StableNodes nodes;
  private final Sched sched;
  private final KernelLog log;

  public KsmHotRemove(KsmState state, StableNodes nodes, Sched sched, KernelLog log) {
    this.state = state;
    this.nodes = nodes;
    this.sched = sched;
    this.log = log;
  }

  /** What happens to a range of memory. */
  @PortedFrom(
      value = "include/linux/memory.h:memory_notify",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the three actions that KSM minds")
  public enum Action {
    MEM_GOING_OFFLINE,
    MEM_OFFLINE,
    MEM_CANCEL_OFFLINE
  }

  /**
   * To be called by whoever takes memory offline: before it moves the pages away, and when it is
   * done or has given up.
   *
   * @param startPfn the first frame of the range
   * @param nrPages its length
   */
  @PortedFrom(
      value = "mm/ksm.c:ksm_memory_callback",
      fidelity = Fidelity.ADAPTED,
      differs = "is content with everything, so returns nothing")
  public void ksmMemoryCallback(Action action, int startPfn, int nrPages) {
    switch (action) {
      case MEM_GOING_OFFLINE -> setOffline(true);
      case MEM_OFFLINE -> {
        // without the mutex: nobody else is at the tree until the bit goes
        ksmCheckStableTree(startPfn, startPfn + nrPages);
        setOffline(false);
      }
      case MEM_CANCEL_OFFLINE -> setOffline(false);
    }
  }

  private void setOffline(boolean offline) {
    state.ksmThreadMutex.lock();
    int run = state.knobs.run;
    state.knobs.run = offline ? run | KSM_RUN_OFFLINE : run & ~KSM_RUN_OFFLINE;
    state.ksmThreadMutex.unlock();
    if (!offline) {
      state.ksmRunWait.wakeUp();
    }
  }

  /** Whether the stable tree may not be touched now. */
  public boolean isOffline() {
    return (state.knobs.run & KSM_RUN_OFFLINE) != 0;
  }

  /** Sleeps until no memory is going offline. Holds ksm_thread_mutex, but not while it sleeps. */
  @PortedFrom("mm/ksm.c:wait_while_offlining")
  public void waitWhileOfflining() {
    while (isOffline()) {
      state.ksmThreadMutex.unlock();
      state.ksmRunWait.waitEvent(() -> !isOffline());
      state.ksmThreadMutex.lock();
    }
  }

  /** Drops the nodes whose pages were in {@code [startPfn, endPfn)}. */
  @PortedFrom("mm/ksm.c:ksm_check_stable_tree")
  private void ksmCheckStableTree(int startPfn, int endPfn) {
    for (int nid = 0; nid < state.ksmNrNodeIds(); nid++) {
      RbRoot root = state.rootStableTree(nid);
      RbNode at = RbTree.rbFirst(root);
      while (at != null) {
        boolean rebalanced = stableNodeChainRemoveRange((KsmStableNode) at, startPfn, endPfn, root);
        at = rebalanced ? RbTree.rbFirst(root) : RbTree.rbNext(at);
        sched.condResched();
      }
    }
    for (KsmStableNode node : List.copyOf(state.migrateNodes)) {
      if (node.kpfn >= startPfn && node.kpfn < endPfn) {
        nodes.removeNodeFromStableTree(node);
      }
      sched.condResched();
    }
  }

  /** Drops a node by its frame alone: the page is gone. */
  @PortedFrom("mm/ksm.c:stable_node_dup_remove_range")
  private boolean stableNodeDupRemoveRange(KsmStableNode node, int startPfn, int endPfn) {
    if (node.kpfn < startPfn || node.kpfn >= endPfn) {
      return false;
    }
    nodes.removeNodeFromStableTree(node);
    return true;
  }

  /**
   * As {@link #stableNodeDupRemoveRange}, for all on a chain; the chain goes with its last one.
   *
   * @return whether the tree has changed; not where a chain has lost some of its nodes
   */
  @PortedFrom("mm/ksm.c:stable_node_chain_remove_range")
  private boolean stableNodeChainRemoveRange(
      KsmStableNode node, int startPfn, int endPfn, RbRoot root) {
    if (!StableNodes.isStableNodeChain(node)) {
      log.bugOn(StableNodes.isStableNodeDup(node), "stable_node_chain_remove_range: a dup");
      return stableNodeDupRemoveRange(node, startPfn, endPfn);
    }
    KsmStableNode next;
    for (KsmStableNode dup = node.firstDup(); dup != null; dup = next) {
      next = dup.dupNext();
      var _ = stableNodeDupRemoveRange(dup, startPfn, endPfn);
    }
    if (node.firstDup() != null) {
      return false;
    }
    nodes.freeStableNodeChain(node, root);
    return true;
  }
}
