// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.merge;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import java.util.Objects;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmStableNode.Placement;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.ksm.tree.RmapItems;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.ksm.tree.StableTree;
import org.samepage.ksm.tree.UnstableTree;
import org.samepage.ksm.unmerge.BreakCow;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.PageHash;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.split.SplitFolio;

/** What ksmd does with one page: stable tree, checksum, zero page, unstable tree, in this order. */
public final class CmpAndMerge {
  private final StableNodes nodes;
  private final StableTree stableTree;
  private final UnstableTree unstableTree;
  private final RmapItems items;
  private final Sched sched;
  private final Folios folios;
  private final PageHash hash;
  private final PageMerger merger;
  private final BreakCow breakCow;
  private final SplitFolio splitFolio;

  public CmpAndMerge(
      KsmState state,
      StableNodes nodes,
      RmapItemLayout layout,
      StableTree stableTree,
      UnstableTree unstableTree,
      RmapItems items,
      BreakCow breakCow,
      Sched sched,
      Folios folios,
      AnonVmas anonVmas,
      PageReplacer replacer,
      SplitFolio splitFolio,
      PageHash hash,
      KsmTracepoints trace) {
    this.splitFolio = splitFolio;
    this.nodes = nodes;
    this.breakCow = breakCow;
    this.stableTree = stableTree;
    this.unstableTree = unstableTree;
    this.items = items;
    this.sched = sched;
    this.folios = folios;
    this.hash = hash;
    this.merger =
        new PageMerger(
            state,
            nodes,
            layout,
            items,
            breakCow,
            folios,
            anonVmas,
            replacer,
            splitFolio,
            trace,
            (int) hash.xxh64(folios.contentAddress(Folios.ZERO_PFN), PAGE_SIZE));
  }

  /** The checksum that tells whether a page has changed: the low half of its XXH64. */
  @PortedFrom("mm/ksm.c:calc_checksum")
  private int calcChecksum(int page) {
    sched.current().work.bytesHashed += PAGE_SIZE;
    return (int) hash.xxh64(folios.contentAddress(page), PAGE_SIZE);
  }

  /**
   * Merges a page if that can be done, and puts its item where it belongs.
   *
   * @param page referenced by the caller; no lock of its mm is held
   */
  @PortedFrom("mm/ksm.c:cmp_and_merge_page")
  // tag::cmp-and-merge[]
  public void cmpAndMergePage(int page, KsmRmapItem item) {
    boolean maxPageSharingBypass = false;
    KsmStableNode node = nodes.folioStableNode(folios.pageFolio(page));
    if (node != null) {
      if (node.placement != Placement.MIGRATE && nodes.getKpfnNid(node.kpfn) != node.nid) {
        nodes.stableNodeDupDel(node);
        nodes.park(node);
      }
      if (node.placement != Placement.MIGRATE && item.head == node) {
        return;
      }
      maxPageSharingBypass = !stableTree.isPageSharingCandidate(node); // forked pages may exceed it
    } else {
      items.removeRmapItemFromTree(item);
      int checksum = calcChecksum(page);
      if (item.oldchecksum() != checksum) {
        item.setOldchecksum(checksum);
        return;
      }
      if (merger.tryToMergeWithZeroPage(item, page)) {
        return;
      }
    }
    int kpage = stableTree.stableTreeSearch(page);
    if (kpage == page && item.head == node) {
      folios.folioPut(kpage);
      return;
    }
    items.removeRmapItemFromTree(item);
    if (kpage == StableNodes.EBUSY_FOLIO) {
      return;
    }
    if (kpage != Frames.NO_PAGE) {
      mergeWithStable(item, page, kpage, maxPageSharingBypass);
    } else {
      searchUnstable(item, page);
    }
  }

  // end::cmp-and-merge[]

  private void mergeWithStable(KsmRmapItem item, int page, int kpage, boolean bypass) {
    if (merger.tryToMergeWithKsmPage(item, page, kpage)) {
      folios.folioLock(kpage);
      KsmStableNode node = Objects.requireNonNull(nodes.folioStableNode(kpage));
      stableTree.stableTreeAppend(item, node, bypass);
      folios.folioUnlock(kpage);
    }
    folios.folioPut(kpage);
  }

  private void searchUnstable(KsmRmapItem item, int page) {
    KsmRmapItem treeItem = unstableTree.unstableTreeSearchInsert(item, page);
    if (treeItem == null) {
      return;
    }
    int treePage = unstableTree.treePage();
    boolean merged = merger.tryToMergeTwoPages(item, page, treeItem, treePage);
    int folio = folios.pageFolio(page);
    boolean split = folios.folioTestLarge(folio) && folio == folios.pageFolio(treePage);
    folios.putPage(treePage);
    if (merged) {
      folios.folioLock(page);
      KsmStableNode node = stableTree.stableTreeInsert(page);
      if (node != null) {
        stableTree.stableTreeAppend(treeItem, node, false);
        stableTree.stableTreeAppend(item, node, false);
      }
      folios.folioUnlock(page);
      if (node == null) { // a KSM page without a node serves nobody
        breakCow.breakCow(treeItem);
        breakCow.breakCow(item);
      }
    } else if (split) {
      splitOneFolio(page, folio);
    }
  }

  /**
   * Two pages of one large folio cannot be merged: for each of them the other's reference is in the
   * way of a split. So it is split now, and they are merged another time.
   */
  @PortedFrom(value = "mm/ksm.c:cmp_and_merge_page", part = true)
  private void splitOneFolio(int page, int folio) {
    if (folios.folioTrylock(folio)) {
      var _ = splitFolio.splitHugePage(page);
      folios.folioUnlock(folios.pageFolio(page));
    }
  }
}
