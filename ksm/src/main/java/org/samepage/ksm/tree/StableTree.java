// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.tree;

import static org.samepage.ksm.tree.GetFolio.KSM_GET_FOLIO_TRYLOCK;
import static org.samepage.ksm.tree.StableNodes.EBUSY_FOLIO;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmStableNode.Placement;
import org.samepage.ksm.state.KsmState;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbAugment;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.time.KernelClock;

/** The tree of merged pages by content. */
public final class StableTree {
  private final KsmState state;
  private final StableNodes nodes;
  private final StableChains chains;
  private final Sched sched;
  private final Folios folios;
  private final KernelClock clock;
  private final KernelLog log;

  /** Where the last search ended: the node it came to, and whether it would go left from there. */
  private @Nullable RbNode parent;

  private boolean asLeft;

  public StableTree(
      KsmState state,
      StableNodes nodes,
      Sched sched,
      Folios folios,
      KernelClock clock,
      KernelLog log) {
    this.state = state;
    this.nodes = nodes;
    this.chains = new StableChains(state, nodes, sched, folios, clock);
    this.sched = sched;
    this.folios = folios;
    this.clock = clock;
    this.log = log;
  }

  /** Whether a node's page is in use, and may take one more mapping. */
  public boolean isPageSharingCandidate(KsmStableNode node) {
    return chains.isPageSharingCandidate(node);
  }

  /** What a search does at each node. */
  private enum Purpose {
    SEARCH,
    INSERT
  }

  /**
   * Goes down to the node with the page's content; starts again where a node turns out to be stale.
   *
   * @return whether there is one; {@link StableChains#node} and {@link StableChains#dup} then say
   *     which. Else {@link #parent} and {@link #asLeft} say where it would be.
   */
  private boolean descend(int page, RbRoot root, Purpose purpose) {
    while (true) {
      parent = null;
      asLeft = true;
      RbNode at = root.rbNode();
      boolean stale = false;
      while (at != null && !stale) {
        sched.condResched();
        KsmStableNode node = (KsmStableNode) at;
        int treeFolio =
            purpose == Purpose.SEARCH ? chains.chainPrune(node, root) : chains.chain(node, root);
        if (treeFolio == Frames.NO_PAGE) {
          stale = true;
          continue;
        }
        sched.current().work.treeNodes++;
        int order = folios.memcmpPages(page, treeFolio);
        folios.folioPut(treeFolio);
        if (order == 0) {
          return true;
        }
        parent = chains.node();
        asLeft = order < 0;
        at = asLeft ? parent.rbLeft() : parent.rbRight();
      }
      if (!stale) {
        return false;
      }
    }
  }

  /**
   * Looks for a merged page with the same content.
   *
   * @param page its own folio, referenced by the caller
   * @return that page with a reference; {@code page} itself, with another reference, where it is
   *     merged already; {@link Frames#NO_PAGE}; or {@link StableNodes#EBUSY_FOLIO} where the page
   *     was locked
   */
  @PortedFrom("mm/ksm.c:stable_tree_search")
  public int stableTreeSearch(int page) {
    KsmStableNode pageNode = nodes.folioStableNode(page);
    if (pageNode != null && pageNode.placement != Placement.MIGRATE) {
      folios.folioGet(page);
      return page; // forked
    }
    int nid = nodes.getKpfnNid(page);
    RbRoot root = state.rootStableTree(nid);
    while (descend(page, root, Purpose.SEARCH)) {
      if (pageNode != null && folios.folioMapcount(page) > 1) {
        return chainAppend(page, pageNode, nid, root);
      }
      KsmStableNode dup = chains.dup();
      if (!chains.isPageSharingCandidate(dup)) {
        return Frames.NO_PAGE; // all full: it must find a match in the unstable tree
      }
      int treeFolio = nodes.ksmGetFolio(dup, KSM_GET_FOLIO_TRYLOCK);
      if (treeFolio == EBUSY_FOLIO) {
        return EBUSY_FOLIO;
      }
      if (treeFolio == Frames.NO_PAGE) {
        continue;
      }
      folios.folioUnlock(treeFolio); // locked once, so that a migration sees the raised count
      if (nodes.getKpfnNid(dup.kpfn) != dup.nid) {
        folios.folioPut(treeFolio);
        return replace(page, pageNode, nid, root);
      }
      return treeFolio;
    }
    if (pageNode == null) {
      return Frames.NO_PAGE;
    }
    nodes.unpark(pageNode);
    pageNode.nid = nid;
    pageNode.placement = Placement.TREE;
    RbTree.rbInsertColor(root, pageNode, parent, asLeft, RbAugment.NONE);
    return candidateFolio(page, pageNode);
  }

  /** The page, with a reference, if its node can take one more mapping. */
  private int candidateFolio(int page, KsmStableNode pageNode) {
    if (!chains.isPageSharingCandidate(pageNode)) {
      return Frames.NO_PAGE;
    }
    folios.folioGet(page);
    return page;
  }

  /** The node found belongs to another NUMA node now: it is parked, the page's takes its place. */
  @PortedFrom(
      value = "mm/ksm.c:stable_tree_search",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the part behind the label replace")
  private int replace(int page, @Nullable KsmStableNode pageNode, int nid, RbRoot root) {
    KsmStableNode node = chains.node();
    KsmStableNode dup = chains.dup();
    int result = Frames.NO_PAGE;
    if (pageNode != null) {
      nodes.unpark(pageNode);
      pageNode.nid = nid;
    }
    if (dup == node) {
      if (pageNode != null) {
        pageNode.placement = Placement.TREE;
        RbTree.rbReplaceNode(root, dup, pageNode);
        result = candidateFolio(page, pageNode);
      } else {
        RbTree.rbErase(root, dup, RbAugment.NONE);
      }
    } else {
      nodes.stableNodeDupDelRaw(dup);
      if (pageNode != null) {
        nodes.stableNodeChainAddDup(pageNode, node);
        result = candidateFolio(page, pageNode);
      }
    }
    nodes.park(dup);
    return result;
  }

  /** The page is merged itself, with several mappings: it joins the chain of its content. */
  @PortedFrom(
      value = "mm/ksm.c:stable_tree_search",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the part behind the label chain_append")
  private int chainAppend(int page, KsmStableNode pageNode, int nid, RbRoot root) {
    KsmStableNode chain = chains.node();
    if (chains.dup() == chain) {
      chain = nodes.allocStableNodeChain(chain, root, clock.jiffies());
      if (chain == null) {
        return Frames.NO_PAGE;
      }
    }
    nodes.unpark(pageNode);
    pageNode.nid = nid;
    nodes.stableNodeChainAddDup(pageNode, chain);
    return candidateFolio(page, pageNode);
  }

  /**
   * Makes a node for a page that has just become KSM's; on a chain where its content is there.
   *
   * @param kfolio locked
   * @return null, with nothing changed, where memory is short
   */
  @PortedFrom("mm/ksm.c:stable_tree_insert")
  public @Nullable KsmStableNode stableTreeInsert(int kfolio) {
    int nid = nodes.getKpfnNid(kfolio);
    RbRoot root = state.rootStableTree(nid);
    boolean needChain = descend(kfolio, root, Purpose.INSERT);
    KsmStableNode fresh = nodes.allocStableNode();
    if (fresh == null) {
      return null;
    }
    fresh.kpfn = kfolio;
    fresh.nid = nid;
    if (!needChain) {
      RbTree.rbInsertColor(root, fresh, parent, asLeft, RbAugment.NONE);
    } else {
      KsmStableNode node = chains.node();
      if (!StableNodes.isStableNodeChain(node)) {
        node = nodes.allocStableNodeChain(node, root, clock.jiffies());
        if (node == null) {
          nodes.freeStableNode(fresh);
          return null;
        }
      }
      nodes.stableNodeChainAddDup(fresh, node);
    }
    nodes.folioSetStableNode(kfolio, fresh);
    return fresh;
  }

  /**
   * Hangs an item off a node, whose page it maps now.
   *
   * @param maxPageSharingBypass whether the node may go over the limit without a warning
   */
  @PortedFrom("mm/ksm.c:stable_tree_append")
  public void stableTreeAppend(KsmRmapItem item, KsmStableNode node, boolean maxPageSharingBypass) {
    log.bugOn(node.rmapHlistLen < 0, "stable_tree_append: a chain");
    node.rmapHlistLen++;
    if (!maxPageSharingBypass) {
      log.warnOnOnce(
          node.rmapHlistLen > state.knobs.maxPageSharing, "stable_tree_append: over the limit");
    }
    item.head = node;
    item.address |= KsmRmapItem.STABLE_FLAG;
    node.addItem(item);
    if (item.hlistNext() != null) {
      state.ksmPagesSharing++;
    } else {
      state.ksmPagesShared++;
    }
    item.mm.ksmMergingPages++;
  }
}
