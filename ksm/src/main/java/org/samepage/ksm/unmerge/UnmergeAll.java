// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.unmerge;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;

import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.RmapItems;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Writing 2 to {@code run}: every merged page of every mm is broken apart, every item freed. */
public final class UnmergeAll {
  private final KsmState state;
  private final KsmSlots slots;
  private final RmapItems items;
  private final StableNodes nodes;
  private final UnmergeStrategy unmerge;

  public UnmergeAll(
      KsmState state, KsmSlots slots, RmapItems items, StableNodes nodes, UnmergeStrategy unmerge) {
    this.state = state;
    this.slots = slots;
    this.items = items;
    this.nodes = nodes;
    this.unmerge = unmerge;
  }

  /**
   * Unmerges everything and starts the count of passes anew. Holds ksm_thread_mutex.
   *
   * @return 0, or what stopped it; then the cursor is back at the start, and what was done stays
   */
  @PortedFrom("mm/ksm.c:unmerge_and_remove_all_rmap_items")
  public int unmergeAndRemoveAllRmapItems() {
    KsmMmSlot slot = advance(state.ksmMmHead);
    while (slot != state.ksmMmHead) {
      Mm mm = slot.mm();
      mm.mmapLock.readLock();
      int err = ksmTestExit(mm) ? 0 : unmergeVmas(mm);
      if (err != 0) {
        mm.mmapLock.readUnlock();
        state.ksmMmlistLock.lock();
        state.ksmScan.mmSlot = state.ksmMmHead;
        state.ksmMmlistLock.unlock();
        state.unstableTreesAbandoned = true;
        return err;
      }
      items.removeTrailingRmapItems(slot);
      mm.mmapLock.readUnlock();
      slot = leave(slot, mm);
    }
    var _ = nodes.removeAllStableNodes(); // those that are still busy stay
    state.ksmScan.seqnr = 0;
    return 0;
  }

  private int unmergeVmas(Mm mm) {
    for (int i = 0; i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      if (vma.has(VmFlags.VM_MERGEABLE) && vma.anonVma != null) {
        int err = unmerge.unmergeRange(vma, vma.vmStart, vma.vmEnd, false);
        if (err != 0) {
          return err;
        }
      }
    }
    return 0;
  }

  /** Addresses that unmerging everything would probe one by one, as the address spaces are now. */
  public long probesNeeded() {
    return slots.sumOfMergeable(vma -> unmerge.probesFor(vma.vmEnd - vma.vmStart));
  }

  private KsmMmSlot advance(KsmMmSlot slot) {
    state.ksmMmlistLock.lock();
    KsmMmSlot next = slots.advanceScanMmSlot(slot);
    state.ksmMmlistLock.unlock();
    return next;
  }

  /** Moves on; a slot whose mm is exiting goes. */
  @PortedFrom(
      value = "mm/ksm.c:unmerge_and_remove_all_rmap_items",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the end of its loop")
  private KsmMmSlot leave(KsmMmSlot slot, Mm mm) {
    state.ksmMmlistLock.lock();
    KsmMmSlot next = slots.advanceScanMmSlot(slot);
    boolean exiting = ksmTestExit(mm);
    if (exiting) {
      slots.unhash(slot);
    }
    state.ksmMmlistLock.unlock();
    if (exiting) {
      state.caches.mmSlot.kmemCacheFree();
      mm.mmFlagsClear(MMF_VM_MERGEABLE);
      mm.mmFlagsClear(MMF_VM_MERGE_ANY);
      mm.mmdrop();
    }
    return next;
  }
}
