// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;

/**
 * A merged page: a plain node of the stable tree, a duplicate on a chain, or the chain itself.
 *
 * <p>A node holds no reference to its page. It is valid while the page's mapping is this node.
 * Guarded by ksm_thread_mutex; the list of items also by the page's folio lock.
 */
@PortedFrom(
    value = "mm/ksm.c:ksm_stable_node",
    fidelity = Fidelity.ADAPTED,
    differs = "the placement is a field, where C overlays it on a tree link; so are the union arms")
public final class KsmStableNode extends RbNode implements FolioMapping {
  /** The item count of a chain: far from 0, so that an underflow does not look like one. */
  public static final int STABLE_NODE_CHAIN = -1024;

  /** Where a node is. */
  public enum Placement {
    /** In a stable tree. */
    TREE,
    /** On the list of a chain. */
    CHAIN_DUP,
    /** On {@code migrate_nodes}: its page has moved to another NUMA node. */
    MIGRATE
  }

  public Placement placement = Placement.TREE;

  /** The frame of the page; of a chain meaningless. Changed by migration alone. */
  public volatile int kpfn;

  /** Of a chain, when it was last pruned [jiffies]. */
  public long chainPruneTime;

  /** Items that hang off this node, or {@link #STABLE_NODE_CHAIN}. */
  public int rmapHlistLen;

  /** The NUMA node whose tree holds this one. */
  public int nid;

  private @Nullable KsmRmapItem firstItem;
  private @Nullable KsmStableNode firstDup;
  private @Nullable KsmStableNode dupNext;
  private @Nullable KsmStableNode dupPrev;
  private @Nullable KsmStableNode chain;

  @Override
  public int mappingFlags() {
    return FOLIO_MAPPING_KSM;
  }

  /** The item added last; null where none hangs off this node. */
  public @Nullable KsmRmapItem firstItem() {
    return firstItem;
  }

  /** Hangs an item off this node, first in the list. */
  public void addItem(KsmRmapItem item) {
    item.hlistPrev = null;
    item.hlistNext = firstItem;
    if (firstItem != null) {
      firstItem.hlistPrev = item;
    }
    firstItem = item;
  }

  /** Takes an item off the list. */
  public void removeItem(KsmRmapItem item) {
    if (item.hlistPrev == null) {
      firstItem = item.hlistNext;
    } else {
      item.hlistPrev.hlistNext = item.hlistNext;
    }
    if (item.hlistNext != null) {
      item.hlistNext.hlistPrev = item.hlistPrev;
    }
    item.hlistNext = null;
    item.hlistPrev = null;
  }

  /** Of a chain, its first duplicate. */
  public @Nullable KsmStableNode firstDup() {
    return firstDup;
  }

  /** Of a duplicate, the next one on its chain. */
  public @Nullable KsmStableNode dupNext() {
    return dupNext;
  }

  /** Puts a duplicate first on this chain. */
  public void addDup(KsmStableNode dup) {
    dup.dupPrev = null;
    dup.dupNext = firstDup;
    if (firstDup != null) {
      firstDup.dupPrev = dup;
    }
    firstDup = dup;
    dup.chain = this;
  }

  /** Whether this duplicate is the only one on its chain. */
  public boolean isOnlyDup() {
    return dupPrev == null && dupNext == null;
  }

  /** Takes this duplicate off its chain. */
  public void unlinkDup() {
    if (dupPrev == null) {
      Objects.requireNonNull(chain, "on no chain").firstDup = dupNext;
    } else {
      dupPrev.dupNext = dupNext;
    }
    if (dupNext != null) {
      dupNext.dupPrev = dupPrev;
    }
    dupNext = null;
    dupPrev = null;
    chain = null;
  }
}
