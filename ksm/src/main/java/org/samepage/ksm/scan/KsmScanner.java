// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.scan;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.ksm.tree.GetFolio.KSM_GET_FOLIO_NOLOCK;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.advisor.Advisors;
import org.samepage.ksm.merge.CmpAndMerge;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmScan;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.ksm.tree.RmapItems;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;

/** Hands out the next page to look at, and runs a batch of them. Holds ksm_thread_mutex. */
public final class KsmScanner {
  private final KsmState state;
  private final KsmSlots slots;
  private final ScanStrategy strategy;
  private final RmapItems items;
  private final StableNodes nodes;
  private final CmpAndMerge cmpAndMerge;
  private final SmartScan smartScan;
  private final Sched sched;
  private final Folios folios;
  private final Advisors advisors;
  private final KsmTracepoints trace;
  private final ScanHit hit = new ScanHit();

  public KsmScanner(
      KsmState state,
      KsmSlots slots,
      ScanStrategy strategy,
      RmapItemLayout layout,
      RmapItems items,
      StableNodes nodes,
      CmpAndMerge cmpAndMerge,
      Sched sched,
      Folios folios,
      Advisors advisors,
      KsmTracepoints trace) {
    this.advisors = advisors;
    this.trace = trace;
    this.state = state;
    this.slots = slots;
    this.strategy = strategy;
    this.items = items;
    this.nodes = nodes;
    this.cmpAndMerge = cmpAndMerge;
    this.smartScan = new SmartScan(state, layout, items, folios);
    this.sched = sched;
    this.folios = folios;
  }

  /**
   * One batch: looks at up to so many pages, less where the pass ends before.
   *
   * @param scanNpages unsigned
   */
  @PortedFrom(
      value = "mm/ksm.c:ksm_do_scan",
      fidelity = Fidelity.ADAPTED,
      differs = "the system does not freeze")
  public void ksmDoScan(int scanNpages) {
    sched.current().work.ksmdBatches++;
    for (int left = scanNpages; left != 0; left--) {
      sched.condResched();
      KsmRmapItem item = scanGetNextRmapItem();
      if (item == null) {
        return;
      }
      cmpAndMerge.cmpAndMergePage(hit.page, item);
      putCandidate();
      state.ksmPagesScanned++;
    }
  }

  /** Addresses that a full pass would probe one by one, as the address spaces are now. */
  public long probesPerPass() {
    return slots.sumOfMergeable(strategy::probesPerPass);
  }

  private void putCandidate() {
    folios.putPage(hit.page);
    sched.current().work.folioPuts++;
  }

  /**
   * The item of the next page, which is then in {@link #hit} with a reference.
   *
   * @return null at the end of a pass, where the list is empty, and where an item could not be had
   */
  @PortedFrom(
      value = "mm/ksm.c:scan_get_next_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "finding the next page of an mm is a strategy; no per-CPU LRU batches to drain")
  private @Nullable KsmRmapItem scanGetNextRmapItem() {
    if (slots.isEmpty()) {
      return null;
    }
    KsmMmSlot head = state.ksmMmHead;
    KsmMmSlot slot = state.ksmScan.mmSlot;
    if (slot == head) {
      startPass();
      slot = advance(slot);
      if (slot == head) {
        return null; // the last mm has left since
      }
      startMm(slot);
    }
    while (true) {
      Mm mm = slot.mm();
      mm.mmapLock.readLock();
      boolean exits = ksmTestExit(mm); // from here on to be noticed by the strategy
      while (!exits && strategy.nextPage(mm, state.ksmScan, hit)) {
        KsmRmapItem item = takeCandidate(slot);
        if (item == null || !skips(item)) {
          mm.mmapLock.readUnlock();
          return item;
        }
      }
      slot = finishMm(slot, mm);
      if (slot == head) {
        stopPass();
        return null;
      }
      startMm(slot);
    }
  }

  /** A new pass begins with an empty unstable tree. */
  private void startPass() {
    advisors.startScan();
    if (trace.enabled()) {
      trace.emit(t -> t.ksmStartScan((int) state.ksmScan.seqnr, (int) state.ksmRmapItems));
    }
    if (!state.knobs.mergeAcrossNodes) {
      for (KsmStableNode node : List.copyOf(state.migrateNodes)) {
        int folio = nodes.ksmGetFolio(node, KSM_GET_FOLIO_NOLOCK);
        if (folio != Frames.NO_PAGE) {
          folios.folioPut(folio);
        }
        sched.condResched();
      }
    }
    for (int nid = 0; nid < state.ksmNrNodeIds(); nid++) {
      RbRoot root = state.rootUnstableTree(nid);
      if (state.unstableTreesAbandoned) {
        dropItems(root);
      }
      root.reset();
    }
    state.unstableTreesAbandoned = false;
  }

  /** Tells the items of a tree that it goes: their stamps will not. */
  private static void dropItems(RbRoot root) {
    for (RbNode at = RbTree.rbFirst(root); at != null; at = RbTree.rbNext(at)) {
      ((KsmRmapItem) at).nid = KsmRmapItem.DROPPED_WITH_ITS_TREE;
    }
  }

  private void stopPass() {
    advisors.stopScan();
    if (trace.enabled()) {
      trace.emit(t -> t.ksmStopScan((int) state.ksmScan.seqnr, (int) state.ksmRmapItems));
    }
    state.ksmScan.seqnr++;
  }

  private KsmMmSlot advance(KsmMmSlot slot) {
    state.ksmMmlistLock.lock();
    KsmMmSlot next = slots.advanceScanMmSlot(slot);
    state.ksmMmlistLock.unlock();
    return next;
  }

  private void startMm(KsmMmSlot slot) {
    state.ksmScan.address = 0;
    state.ksmScan.rmapList = slot;
  }

  /** The candidate's item; null, with the candidate put back, where there is no memory for one. */
  private @Nullable KsmRmapItem takeCandidate(KsmMmSlot slot) {
    KsmScan cursor = state.ksmScan;
    sched.current().work.cacheFlushes += 2; // flush_anon_page and flush_dcache_page do nothing here
    KsmRmapItem item = items.getNextRmapItem(slot, cursor.rmapList, cursor.address);
    if (item == null) {
      putCandidate();
      return null;
    }
    cursor.rmapList = item;
    return item;
  }

  /** Moves the cursor behind the candidate; says whether smart scan passes it over. */
  private boolean skips(KsmRmapItem item) {
    boolean skip = smartScan.shouldSkipRmapItem(hit.page, item);
    if (skip) {
      putCandidate();
    }
    state.ksmScan.address += PageUnits.PAGE_SIZE;
    if (skip && strategy.reschedsAfterSkip()) {
      sched.condResched();
    }
    return skip;
  }

  /**
   * Leaves an mm: frees the items behind the cursor, and takes an mm without mergeable VMAs, which
   * is one where the cursor's address stayed 0, off the list.
   *
   * @return the slot that the cursor moves to
   */
  private KsmMmSlot finishMm(KsmMmSlot slot, Mm mm) {
    KsmScan cursor = state.ksmScan;
    if (ksmTestExit(mm)) {
      startMm(slot);
    }
    items.removeTrailingRmapItems(cursor.rmapList);
    state.ksmMmlistLock.lock();
    KsmMmSlot next = slots.advanceScanMmSlot(slot);
    if (cursor.address == 0) {
      slots.unhash(slot);
      state.ksmMmlistLock.unlock();
      state.caches.mmSlot.kmemCacheFree();
      // MMF_VM_MERGE_ANY stays: the process may be about to map something
      mm.mmFlagsClear(MMF_VM_MERGEABLE);
      mm.mmapLock.readUnlock();
      mm.mmdrop();
    } else {
      // in this order: once the list is unlocked, ksm_exit may free the mm
      mm.mmapLock.readUnlock();
      state.ksmMmlistLock.unlock();
    }
    return next;
  }
}
