// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.WaitQueue;
import org.samepage.mm.time.KernelClock;
import org.samepage.mm.vma.Mm;

/**
 * The globals of mm/ksm.c.
 *
 * <p>Counters are written under ksm_thread_mutex and read by anybody, as in the kernel.
 */
@PortedFrom(
    value = "mm/ksm.c:ksm_scan",
    fidelity = Fidelity.ADAPTED,
    differs = "the file's static variables as one object for each machine")
public final class KsmState {
  /** One full scan, one unmerge or one change of a knob at a time. */
  public final KernelLock ksmThreadMutex;

  /** Where ksmd sleeps while there is nothing to do. */
  public final WaitQueue ksmThreadWait;

  /** Where ksmd sleeps between two batches. */
  public final WaitQueue ksmIterWait;

  /** Where those wait who may not touch the stable tree while memory is going offline. */
  public final WaitQueue ksmRunWait;

  public final KsmCaches caches;

  /** Guards the list of slots, their hash, and the slot under the cursor. */
  public final KernelLock ksmMmlistLock;

  /** The head of the list of slots. */
  public final KsmMmSlot ksmMmHead = new KsmMmSlot(null);

  public final KsmScan ksmScan = new KsmScan(ksmMmHead);

  /** Slots by mm. Guarded by ksm_mmlist_lock. */
  public final Map<Mm, KsmMmSlot> mmSlotsHash = new HashMap<>();

  /** Nodes whose page has moved to another NUMA node, newest first. */
  public final List<KsmStableNode> migrateNodes = new ArrayList<>();

  public final KsmKnobs knobs = new KsmKnobs();

  public long ksmPagesScanned;
  public long ksmPagesShared;
  public long ksmPagesSharing;
  public long ksmPagesUnshared;
  public long ksmRmapItems;
  public long ksmStableNodeChains;
  public long ksmStableNodeDups;
  public long ksmPagesSkipped;

  /** Zero pages that ksmd put in; page faults change it too. */
  public final AtomicLong ksmZeroPages = new AtomicLong();

  /**
   * The pass under way was given up: items that it put into the unstable trees still look as if
   * they were of the pass that comes.
   */
  public boolean unstableTreesAbandoned;

  private final RbRoot[] rootStableTree;
  private final RbRoot[] rootUnstableTree;

  /**
   * KSM of a machine that has just been booted.
   *
   * @param nrNodeIds NUMA nodes of the machine
   */
  public KsmState(Sched sched, KernelClock clock, KsmCaches caches, int nrNodeIds) {
    this.ksmThreadWait = new WaitQueue(sched, clock);
    this.ksmIterWait = new WaitQueue(sched, clock);
    this.ksmRunWait = new WaitQueue(sched, clock);
    this.caches = caches;
    this.ksmThreadMutex = new KernelLock(sched, LockClass.KSM_THREAD_MUTEX);
    this.ksmMmlistLock = new KernelLock(sched, LockClass.KSM_MMLIST_LOCK);
    this.rootStableTree = new RbRoot[nrNodeIds];
    this.rootUnstableTree = new RbRoot[nrNodeIds];
    Arrays.setAll(rootStableTree, nid -> new RbRoot());
    Arrays.setAll(rootUnstableTree, nid -> new RbRoot());
  }

  /** Trees in use: 1 while merging across nodes, else one for each NUMA node. */
  @PortedFrom("mm/ksm.c:ksm_nr_node_ids")
  public int ksmNrNodeIds() {
    return knobs.mergeAcrossNodes ? 1 : rootStableTree.length;
  }

  public RbRoot rootStableTree(int nid) {
    return rootStableTree[nid];
  }

  public RbRoot rootUnstableTree(int nid) {
    return rootUnstableTree[nid];
  }
}
