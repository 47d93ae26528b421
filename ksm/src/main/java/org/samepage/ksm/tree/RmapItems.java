// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.tree;

import static org.samepage.ksm.tree.GetFolio.KSM_GET_FOLIO_LOCK;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.state.RmapLink;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbAugment;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;

/** The items of an mm: made when ksmd first meets a page, gone when it no longer does. */
public final class RmapItems {
  private final KsmState state;
  private final StableNodes nodes;
  private final RmapItemLayout layout;
  private final Sched sched;
  private final Folios folios;
  private final KernelLog log;

  public RmapItems(
      KsmState state,
      StableNodes nodes,
      RmapItemLayout layout,
      Sched sched,
      Folios folios,
      KernelLog log) {
    this.state = state;
    this.nodes = nodes;
    this.layout = layout;
    this.sched = sched;
    this.folios = folios;
    this.log = log;
  }

  /** An item of an address; null where memory is short, which is no cause for a warning. */
  @PortedFrom(
      value = "mm/ksm.c:alloc_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "the mm, its count and the address are set here too")
  private @Nullable KsmRmapItem allocRmapItem(KsmMmSlot slot, long addr) {
    if (!state.caches.rmapItem.kmemCacheAllocNoprof()) {
      return null;
    }
    KsmRmapItem item = layout.newRmapItem(slot.mm(), addr);
    if (item == null) {
      state.caches.rmapItem.kmemCacheFree();
      return null;
    }
    state.ksmRmapItems++;
    slot.mm().ksmRmapItems++;
    return item;
  }

  @PortedFrom("mm/ksm.c:free_rmap_item")
  private void freeRmapItem(KsmRmapItem item) {
    state.ksmRmapItems--;
    item.mm.ksmRmapItems--;
    state.caches.rmapItem.kmemCacheFree();
  }

  /** Makes an item plain: out of whichever tree it is in. */
  @PortedFrom(
      value = "mm/ksm.c:remove_rmap_item_from_tree",
      fidelity = Fidelity.ADAPTED,
      differs = "erases nothing from a tree that was dropped meanwhile, where C writes into it")
  public void removeRmapItemFromTree(KsmRmapItem item) {
    if (item.isStable()) {
      removeStable(item, Objects.requireNonNull(item.head));
    } else if (item.isUnstable()) {
      // dropped with its tree at the end of a pass; still linked only if this pass put it there
      int age = (int) (state.ksmScan.seqnr - item.address) & KsmRmapItem.SEQNR_MASK;
      log.bugOn(age > 1, "remove_rmap_item_from_tree: too old for the unstable tree");
      if (age == 0 && item.nid != KsmRmapItem.DROPPED_WITH_ITS_TREE) {
        RbTree.rbErase(state.rootUnstableTree(item.nid), item, RbAugment.NONE);
      }
      state.ksmPagesUnshared--;
      item.clearFlags();
    }
    sched.condResched();
  }

  private void removeStable(KsmRmapItem item, KsmStableNode node) {
    int folio = nodes.ksmGetFolio(node, KSM_GET_FOLIO_LOCK);
    if (folio == Frames.NO_PAGE) {
      return; // the page was gone, and the node has let go of this item too
    }
    node.removeItem(item);
    folios.folioUnlock(folio);
    folios.folioPut(folio);
    if (node.firstItem() != null) {
      state.ksmPagesSharing--;
    } else {
      state.ksmPagesShared--;
    }
    nodes.detach(node, item);
  }

  /** Frees all items from a place in the list on. */
  @PortedFrom("mm/ksm.c:remove_trailing_rmap_items")
  public void removeTrailingRmapItems(RmapLink from) {
    for (KsmRmapItem item = from.rmapList(); item != null; item = from.rmapList()) {
      from.setRmapList(item.rmapList());
      removeRmapItemFromTree(item);
      freeRmapItem(item);
    }
  }

  /**
   * The item of an address, made if missing; items of lower addresses from this place on are freed.
   *
   * @return null where memory is short
   */
  @PortedFrom("mm/ksm.c:get_next_rmap_item")
  public @Nullable KsmRmapItem getNextRmapItem(KsmMmSlot slot, RmapLink from, long addr) {
    for (KsmRmapItem item = from.rmapList(); item != null; item = from.rmapList()) {
      if (item.pageAddress() == addr) {
        return item;
      }
      if (item.address > addr) {
        break;
      }
      from.setRmapList(item.rmapList());
      removeRmapItemFromTree(item);
      freeRmapItem(item);
    }
    KsmRmapItem fresh = allocRmapItem(slot, addr);
    if (fresh != null) {
      fresh.setRmapList(from.rmapList());
      from.setRmapList(fresh);
    }
    return fresh;
  }
}
