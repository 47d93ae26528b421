// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.machine.Machine;
import org.samepage.machine.UserProcess;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.RmapWalkControl;

/** Goes through the merged pages: who has which in common, and how long a walk over one is. */
final class Exposure {
  private final Machine machine;
  private final Map<Mm, CapturedProcess> owners = new HashMap<>();
  private long withinProcess;
  private long acrossProcesses;
  private long acrossUsers;
  private long longestWalk;

  Exposure(Machine machine, CapturedMachine captured) {
    this.machine = machine;
    for (UserProcess process : captured.processes()) {
      owners.put(process.mm(), captured.origin(process));
    }
  }

  /** Goes on to the end, whatever it meets. */
  private static final class WholeWalk extends RmapWalkControl {
    @Override
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      return true;
    }
  }

  void count() {
    KsmState ksm = machine.ksm().state();
    for (int nid = 0; nid < ksm.ksmNrNodeIds(); nid++) {
      for (RbNode at = RbTree.rbFirst(ksm.rootStableTree(nid));
          at != null;
          at = RbTree.rbNext(at)) {
        KsmStableNode node = (KsmStableNode) at;
        if (!StableNodes.isStableNodeChain(node)) {
          page(node);
          continue;
        }
        KsmStableNode dup = node.firstDup();
        for (; dup != null; dup = dup.dupNext()) {
          page(dup);
        }
      }
    }
  }

  private void page(KsmStableNode node) {
    KsmRmapItem first = node.firstItem();
    boolean there = machine.memory().folios().folioRawMapping(node.kpfn) == node;
    if (first == null || !there) {
      return; // its page was written or given up, and ksmd has not been here since
    }
    CapturedProcess owner = owner(first);
    boolean otherProcess = false;
    boolean otherUser = false;
    long items = 0;
    for (KsmRmapItem item = first; item != null; item = item.hlistNext()) {
      items++;
      CapturedProcess other = owner(item);
      otherProcess |= other.pid() != owner.pid();
      otherUser |= other.uid() != owner.uid();
    }
    if (otherUser) {
      acrossUsers += items;
    } else if (otherProcess) {
      acrossProcesses += items;
    } else {
      withinProcess += items;
    }
    walk(node.kpfn);
  }

  private CapturedProcess owner(KsmRmapItem item) {
    return Objects.requireNonNull(owners.get(item.mm));
  }

  private void walk(int folio) {
    Folios folios = machine.memory().folios();
    WorkCounters work = machine.currentTask().work;
    long before = work.rmapIterations;
    folios.folioLock(folio);
    machine.ksm().rmapWalk().rmapWalkKsm(folio, new WholeWalk());
    folios.folioUnlock(folio);
    longestWalk = Math.max(longestWalk, work.rmapIterations - before);
  }

  /** Mappings of merged pages that one process alone has. */
  long withinProcess() {
    return withinProcess;
  }

  /** Mappings of merged pages that several processes of one user have. */
  long acrossProcesses() {
    return acrossProcesses;
  }

  /** Mappings of merged pages that processes of several users have. */
  long acrossUsers() {
    return acrossUsers;
  }

  /** VMAs that a walk over the mappings of a merged page asks, at most. */
  long longestWalk() {
    return longestWalk;
  }
}
