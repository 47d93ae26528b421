// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.tree;

import static org.samepage.ksm.tree.GetFolio.KSM_GET_FOLIO_NOLOCK;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmStableNode.Placement;
import org.samepage.ksm.state.KsmState;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.time.KernelClock;

/**
 * Chooses the page of a chain that is to take the next mapping.
 *
 * <p>{@link #chain} and {@link #chainPrune} return a folio and leave in {@link #dup} the node it
 * belongs to, and in {@link #node} what now stands in the tree: a chain with one dup left
 * collapses, and then both are the same.
 */
final class StableChains {
  private final KsmState state;
  private final StableNodes nodes;
  private final Sched sched;
  private final Folios folios;
  private final KernelClock clock;

  private @Nullable KsmStableNode dup;
  private @Nullable KsmStableNode node;

  StableChains(KsmState state, StableNodes nodes, Sched sched, Folios folios, KernelClock clock) {
    this.state = state;
    this.nodes = nodes;
    this.sched = sched;
    this.folios = folios;
    this.clock = clock;
  }

  /** The node that the returned folio belongs to. Not after a null return: it is freed then. */
  KsmStableNode dup() {
    return Objects.requireNonNull(dup);
  }

  /** What stands in the tree at this place. Not after a null return. */
  KsmStableNode node() {
    return Objects.requireNonNull(node);
  }

  @PortedFrom("mm/ksm.c:__is_page_sharing_candidate")
  // tag::sharing-candidate[]
  private boolean isPageSharingCandidateRaw(KsmStableNode stableNode, int offset) {
    return stableNode.rmapHlistLen != 0
        && stableNode.rmapHlistLen + offset < state.knobs.maxPageSharing;
  }

  // end::sharing-candidate[]

  /** Whether a node's page is in use, and may take one more mapping. */
  @PortedFrom("mm/ksm.c:is_page_sharing_candidate")
  boolean isPageSharingCandidate(KsmStableNode stableNode) {
    return isPageSharingCandidateRaw(stableNode, 0);
  }

  /** Searching for a place to merge: also drops dead duplicates when their time has come. */
  @PortedFrom("mm/ksm.c:chain_prune")
  int chainPrune(KsmStableNode stableNode, RbRoot root) {
    return stableNodeChainRaw(stableNode, root, true);
  }

  /** Searching for a place to insert. */
  @PortedFrom("mm/ksm.c:chain")
  int chain(KsmStableNode stableNode, RbRoot root) {
    return stableNodeChainRaw(stableNode, root, false);
  }

  @PortedFrom(
      value = "mm/ksm.c:__stable_node_chain",
      fidelity = Fidelity.ADAPTED,
      differs = "the two output parameters are fields")
  private int stableNodeChainRaw(KsmStableNode stableNode, RbRoot root, boolean prune) {
    node = stableNode;
    if (!StableNodes.isStableNodeChain(stableNode)) {
      dup = stableNode;
      return nodes.ksmGetFolio(stableNode, KSM_GET_FOLIO_NOLOCK);
    }
    return stableNodeDup(stableNode, root, prune);
  }

  /**
   * The best duplicate of a chain: the first that has room; while pruning the fullest that has.
   *
   * @return its folio with a reference; {@link Frames#NO_PAGE} where the chain was empty, and is
   *     gone
   */
  @PortedFrom(
      value = "mm/ksm.c:stable_node_dup",
      fidelity = Fidelity.ADAPTED,
      differs = "the two output parameters are fields")
  // tag::node-dup[]
  private int stableNodeDup(KsmStableNode chain, RbRoot root, boolean wantsPrune) {
    boolean prune = wantsPrune && pruneIsDue(chain);
    if (prune) {
      chain.chainPruneTime = clock.jiffies();
    }
    KsmStableNode found = null;
    int foundFolio = Frames.NO_PAGE;
    int foundLen = 0;
    KsmStableNode next;
    for (KsmStableNode at = chain.firstDup(); at != null; at = next) {
      next = at.dupNext(); // this one may be freed
      sched.condResched();
      int folio = nodes.ksmGetFolio(at, KSM_GET_FOLIO_NOLOCK);
      if (folio == Frames.NO_PAGE) {
        continue;
      }
      if (found != null
          && !(isPageSharingCandidate(at)
              && (!isPageSharingCandidate(found) || at.rmapHlistLen > foundLen))) {
        folios.folioPut(folio);
        continue;
      }
      if (found != null) {
        folios.folioPut(foundFolio);
      }
      found = at;
      foundLen = at.rmapHlistLen;
      foundFolio = folio;
      if (!prune && isPageSharingCandidate(found)) {
        break;
      }
    }
    if (found == null) {
      nodes.freeStableNodeChain(chain, root);
    } else if (found.isOnlyDup()) {
      collapse(chain, found, root);
    } else if (chain.firstDup() != found && isPageSharingCandidateRaw(found, 1)) {
      found.unlinkDup();
      chain.addDup(found);
    }
    dup = found;
    return foundFolio;
  }

  // end::node-dup[]

  private boolean pruneIsDue(KsmStableNode chain) {
    int millis = state.knobs.stableNodeChainsPruneMillisecs;
    return clock.jiffies() >= chain.chainPruneTime + KernelClock.msecsToJiffies(millis);
  }

  /** The last duplicate takes the chain's place in the tree. */
  private void collapse(KsmStableNode chain, KsmStableNode last, RbRoot root) {
    last.unlinkDup();
    RbTree.rbReplaceNode(root, chain, last);
    last.placement = Placement.TREE;
    nodes.freeStableNode(chain);
    state.ksmStableNodeChains--;
    state.ksmStableNodeDups--;
    node = last;
  }
}
