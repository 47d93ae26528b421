// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.tree;

import static org.samepage.ksm.state.KsmStableNode.STABLE_NODE_CHAIN;
import static org.samepage.ksm.tree.GetFolio.KSM_GET_FOLIO_LOCK;
import static org.samepage.ksm.tree.GetFolio.KSM_GET_FOLIO_NOLOCK;
import static org.samepage.ksm.tree.GetFolio.KSM_GET_FOLIO_TRYLOCK;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmStableNode.Placement;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbAugment;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AnonVma;
import org.samepage.rmap.AnonVmas;

/** Stable nodes one by one: from a node to its page and back, and how a node ends. */
public final class StableNodes {
  /** Result of {@link #ksmGetFolio} where the folio was locked by somebody else. */
  public static final int EBUSY_FOLIO = -2;

  private final KsmState state;
  private final RmapItemLayout layout;
  private final Sched sched;
  private final Folios folios;
  private final PageAllocator allocator;
  private final AnonVmas anonVmas;
  private final KernelLog log;
  private final KsmTracepoints trace;

  public StableNodes(
      KsmState state,
      RmapItemLayout layout,
      Sched sched,
      Folios folios,
      PageAllocator allocator,
      AnonVmas anonVmas,
      KernelLog log,
      KsmTracepoints trace) {
    this.trace = trace;
    this.state = state;
    this.layout = layout;
    this.sched = sched;
    this.folios = folios;
    this.allocator = allocator;
    this.anonVmas = anonVmas;
    this.log = log;
  }

  @PortedFrom("mm/ksm.c:is_stable_node_chain")
  public static boolean isStableNodeChain(KsmStableNode node) {
    return node.rmapHlistLen == STABLE_NODE_CHAIN;
  }

  @PortedFrom("mm/ksm.c:is_stable_node_dup")
  public static boolean isStableNodeDup(KsmStableNode node) {
    return node.placement == Placement.CHAIN_DUP;
  }

  @PortedFrom("mm/ksm.c:stable_node_chain_add_dup")
  void stableNodeChainAddDup(KsmStableNode dup, KsmStableNode chain) {
    log.bugOn(isStableNodeDup(dup), "stable_node_chain_add_dup: a dup already");
    log.bugOn(!isStableNodeChain(chain), "stable_node_chain_add_dup: no chain");
    dup.placement = Placement.CHAIN_DUP;
    chain.addDup(dup);
    state.ksmStableNodeDups++;
  }

  @PortedFrom("mm/ksm.c:__stable_node_dup_del")
  void stableNodeDupDelRaw(KsmStableNode dup) {
    log.bugOn(!isStableNodeDup(dup), "__stable_node_dup_del: no dup");
    dup.unlinkDup();
    state.ksmStableNodeDups--;
  }

  /** Takes a node out of its chain or its tree. A chain that becomes empty stays. */
  @PortedFrom("mm/ksm.c:stable_node_dup_del")
  public void stableNodeDupDel(KsmStableNode dup) {
    log.bugOn(isStableNodeChain(dup), "stable_node_dup_del: a chain");
    if (isStableNodeDup(dup)) {
      stableNodeDupDelRaw(dup);
    } else {
      RbTree.rbErase(state.rootStableTree(dup.nid), dup, RbAugment.NONE);
    }
  }

  /** The NUMA node whose tree a page belongs in. */
  @PortedFrom("mm/ksm.c:get_kpfn_nid")
  public int getKpfnNid(int kpfn) {
    return state.knobs.mergeAcrossNodes ? 0 : allocator.pfnToNid(kpfn);
  }

  /** Puts a node aside whose page has moved to another NUMA node. */
  public void park(KsmStableNode node) {
    node.placement = Placement.MIGRATE;
    state.migrateNodes.addFirst(node);
  }

  /** Takes a node back that was {@linkplain #park parked}. */
  void unpark(KsmStableNode node) {
    state.migrateNodes.remove(node);
  }

  /** A node that is nowhere yet; null where memory is short. */
  @PortedFrom("mm/ksm.c:alloc_stable_node")
  @Nullable KsmStableNode allocStableNode() {
    return state.caches.stableNode.kmemCacheAllocNoprof() ? new KsmStableNode() : null;
  }

  /** Frees a node off which nothing hangs; a chain may have a count, as chains do. */
  @PortedFrom("mm/ksm.c:free_stable_node")
  void freeStableNode(KsmStableNode node) {
    log.bugOn(
        node.rmapHlistLen != 0 && !isStableNodeChain(node), "free_stable_node: items are left");
    state.caches.stableNode.kmemCacheFree();
  }

  /**
   * Puts a chain in the place of a node, which becomes its first dup; null, with nothing changed,
   * where memory is short.
   */
  @PortedFrom(
      value = "mm/ksm.c:alloc_stable_node_chain",
      fidelity = Fidelity.ADAPTED,
      differs = "takes the current jiffies")
  @Nullable KsmStableNode allocStableNodeChain(KsmStableNode dup, RbRoot root, long jiffies) {
    log.bugOn(isStableNodeChain(dup), "alloc_stable_node_chain: a chain already");
    KsmStableNode chain = allocStableNode();
    if (chain == null) {
      return null;
    }
    chain.chainPruneTime = jiffies;
    chain.rmapHlistLen = STABLE_NODE_CHAIN;
    state.ksmStableNodeChains++;
    RbTree.rbReplaceNode(root, dup, chain);
    stableNodeChainAddDup(dup, chain);
    return chain;
  }

  /** Frees a chain that has no dups left. */
  @PortedFrom("mm/ksm.c:free_stable_node_chain")
  public void freeStableNodeChain(KsmStableNode chain, RbRoot root) {
    RbTree.rbErase(root, chain, RbAugment.NONE);
    freeStableNode(chain);
    state.ksmStableNodeChains--;
  }

  /** The stable node of a folio; null for a folio that is not KSM's, or has no node yet. */
  @PortedFrom("mm/ksm.c:folio_stable_node")
  public @Nullable KsmStableNode folioStableNode(int folio) {
    return folios.folioRawMapping(folio) instanceof KsmStableNode node ? node : null;
  }

  /** Makes a folio KSM's; null for the time before it has a node, or after. */
  @PortedFrom("mm/ksm.c:folio_set_stable_node")
  public void folioSetStableNode(int folio, @Nullable KsmStableNode node) {
    log.warnOn(
        folios.folioTestAnon(folio) && folios.pageAnonExclusive(folio),
        "folio_set_stable_node: page is exclusive");
    folios.frames().setMapping(folio, node == null ? FolioMapping.KSM_WITHOUT_NODE : node);
  }

  /**
   * Drops a node whose page is gone: its items become plain, and the node is freed.
   *
   * @param node not a chain
   */
  @PortedFrom(
      value = "mm/ksm.c:remove_node_from_stable_tree",
      fidelity = Fidelity.ADAPTED,
      differs = "the items' links to the freed node are cleared")
  public void removeNodeFromStableTree(KsmStableNode node) {
    log.bugOn(node.rmapHlistLen < 0, "remove_node_from_stable_tree: a chain");
    for (KsmRmapItem item = node.firstItem(); item != null; item = node.firstItem()) {
      if (item.hlistNext() != null) {
        state.ksmPagesSharing--;
        if (trace.enabled()) {
          KsmRmapItem gone = item;
          trace.emit(t -> t.ksmRemoveRmapItem(node.kpfn, gone, gone.mm));
        }
      } else {
        state.ksmPagesShared--;
      }
      node.removeItem(item);
      detach(node, item);
      sched.condResched();
    }
    if (trace.enabled()) {
      trace.emit(t -> t.ksmRemoveKsmPage(node.kpfn));
    }
    if (node.placement == Placement.MIGRATE) {
      unpark(node);
    } else {
      stableNodeDupDel(node);
    }
    freeStableNode(node);
  }

  /** What every way out of the stable tree does to an item. */
  void detach(KsmStableNode node, KsmRmapItem item) {
    item.mm.ksmMergingPages--;
    log.bugOn(node.rmapHlistLen <= 0, "a stable node has fewer items than hang off it");
    node.rmapHlistLen--;
    putAnonVma(item);
    layout.resetPageIndex(item);
    item.head = null;
    item.clearFlags();
  }

  /** Gives up an item's reference to its anon_vma. */
  public void putAnonVma(KsmRmapItem item) {
    AnonVma anonVma = item.anonVma;
    if (anonVma == null) {
      throw new IllegalStateException("an item without an anon_vma");
    }
    item.anonVma = null;
    anonVmas.putAnonVma(anonVma);
  }

  /**
   * The folio of a node, with a reference, if it still is the node's: the keyhole.
   *
   * <p>A node holds no reference to its page, so the page may be gone; then the node <em>is freed
   * here</em>, with all that {@link #removeNodeFromStableTree} does, and may not be touched again.
   *
   * @return the folio's pfn; {@link Frames#NO_PAGE} where it was gone; {@link #EBUSY_FOLIO} where a
   *     trylock failed
   */
  @PortedFrom("mm/ksm.c:ksm_get_folio")
  public int ksmGetFolio(KsmStableNode node, GetFolio flags) {
    while (true) {
      int kpfn = node.kpfn;
      int folio = getIfStillIts(node, kpfn);
      if (folio != Frames.NO_PAGE) {
        if (flags == KSM_GET_FOLIO_NOLOCK) {
          return folio;
        }
        if (flags == KSM_GET_FOLIO_TRYLOCK && !folios.folioTrylock(folio)) {
          folios.folioPut(folio);
          return EBUSY_FOLIO;
        }
        if (flags == KSM_GET_FOLIO_LOCK) {
          folios.folioLock(folio);
        }
        if (folios.folioRawMapping(folio) == node) {
          return folio;
        }
        folios.folioUnlock(folio);
        folios.folioPut(folio);
      }
      sched.yieldPoint();
      if (node.kpfn == kpfn) {
        removeNodeFromStableTree(node);
        return Frames.NO_PAGE;
      }
      // migrated meanwhile: look through the keyhole again
    }
  }

  private int getIfStillIts(KsmStableNode node, int kpfn) {
    if (folios.folioRawMapping(kpfn) != node) {
      return Frames.NO_PAGE;
    }
    for (int attempt = 0; !folios.folioTryGet(kpfn); attempt++) {
      if (!folios.folioTestSwapcache(kpfn)) {
        return Frames.NO_PAGE;
      }
      sched.contended(LockClass.FOLIO_LOCK, attempt); // frozen by migration, not free
    }
    if (folios.folioRawMapping(kpfn) != node) {
      folios.folioPut(kpfn);
      return Frames.NO_PAGE;
    }
    return kpfn;
  }

  // Only called through the sysfs control interface

  /**
   * Frees a node whose page is no longer mapped.
   *
   * @return whether it could be
   */
  @PortedFrom(
      value = "mm/ksm.c:remove_stable_node",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns 0 or -EBUSY")
  private boolean removeStableNode(KsmStableNode node) {
    int folio = ksmGetFolio(node, KSM_GET_FOLIO_LOCK);
    if (folio == Frames.NO_PAGE) {
      return true;
    }
    boolean unused = !folios.folioMapped(folio);
    if (unused) {
      folioSetStableNode(folio, null);
      removeNodeFromStableTree(node);
    }
    folios.folioUnlock(folio);
    folios.folioPut(folio);
    return unused;
  }

  @PortedFrom(
      value = "mm/ksm.c:remove_stable_node_chain",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns false")
  private boolean removeStableNodeChain(KsmStableNode node, RbRoot root) {
    if (!isStableNodeChain(node)) {
      return removeStableNode(node);
    }
    KsmStableNode next;
    for (KsmStableNode dup = node.firstDup(); dup != null; dup = next) {
      next = dup.dupNext();
      if (!removeStableNode(dup)) {
        return false;
      }
    }
    log.bugOn(node.firstDup() != null, "remove_stable_node_chain: dups are left");
    freeStableNodeChain(node, root);
    return true;
  }

  /**
   * Frees all stable nodes whose pages are no longer mapped.
   *
   * @return whether none is left
   */
  @PortedFrom(
      value = "mm/ksm.c:remove_all_stable_nodes",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns 0 or -EBUSY")
  public boolean removeAllStableNodes() {
    boolean all = true;
    for (int nid = 0; nid < state.ksmNrNodeIds(); nid++) {
      RbRoot root = state.rootStableTree(nid);
      while (root.rbNode() instanceof KsmStableNode node) {
        if (!removeStableNodeChain(node, root)) {
          all = false;
          break;
        }
        sched.condResched();
      }
    }
    for (KsmStableNode node : List.copyOf(state.migrateNodes)) {
      all &= removeStableNode(node);
      sched.condResched();
    }
    return all;
  }
}
