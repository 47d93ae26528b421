// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.tree;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmState;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbAugment;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.sched.Sched;

/** The tree of pages that did not change since the last pass, by content they had on insertion. */
public final class UnstableTree {
  private final KsmState state;
  private final StableNodes nodes;
  private final MergeableVmas vmas;
  private final Sched sched;
  private final Folios folios;
  private final PageAllocator allocator;

  private int treePage = Frames.NO_PAGE;

  public UnstableTree(
      KsmState state,
      StableNodes nodes,
      MergeableVmas vmas,
      Sched sched,
      Folios folios,
      PageAllocator allocator) {
    this.state = state;
    this.nodes = nodes;
    this.vmas = vmas;
    this.sched = sched;
    this.folios = folios;
    this.allocator = allocator;
  }

  /** The page of the item that the last search returned, with a reference for the caller. */
  public int treePage() {
    return treePage;
  }

  /**
   * Looks for an item whose page has the same content; inserts this item where there is none.
   *
   * <p>Where a page on the way cannot be had, or is the same page, it gives up without inserting.
   *
   * @return the item found, its page in {@link #treePage}; else null
   */
  @PortedFrom(
      value = "mm/ksm.c:unstable_tree_search_insert",
      fidelity = Fidelity.ADAPTED,
      differs = "the output parameter is a field")
  public @Nullable KsmRmapItem unstableTreeSearchInsert(KsmRmapItem item, int page) {
    int nid = nodes.getKpfnNid(page);
    RbRoot root = state.rootUnstableTree(nid);
    RbNode parent = null;
    boolean asLeft = true;
    for (RbNode at = root.rbNode(); at != null; at = asLeft ? at.rbLeft() : at.rbRight()) {
      sched.condResched();
      KsmRmapItem treeItem = (KsmRmapItem) at;
      int candidate = vmas.getMergeablePage(treeItem);
      if (candidate == Frames.NO_PAGE) {
        return null;
      }
      if (candidate == page) {
        folios.putPage(candidate);
        return null;
      }
      sched.current().work.treeNodes++;
      int order = folios.memcmpPages(page, candidate);
      if (order == 0) {
        if (!state.knobs.mergeAcrossNodes && allocator.pfnToNid(candidate) != nid) {
          folios.putPage(candidate); // has moved since: next pass puts it into its tree
          return null;
        }
        treePage = candidate;
        return treeItem;
      }
      folios.putPage(candidate);
      parent = at;
      asLeft = order < 0;
    }
    item.address |= KsmRmapItem.UNSTABLE_FLAG;
    item.address |= state.ksmScan.seqnr & KsmRmapItem.SEQNR_MASK;
    item.nid = (short) nid;
    RbTree.rbInsertColor(root, item, parent, asLeft, RbAugment.NONE);
    state.ksmPagesUnshared++;
    return null;
  }
}
