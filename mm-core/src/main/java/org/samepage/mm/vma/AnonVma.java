// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import java.util.concurrent.atomic.AtomicInteger;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.RwSem;
import org.samepage.mm.sched.Sched;

/**
 * What anonymous folios point to in order to find the VMAs that may map them.
 *
 * <p>All anon_vmas of one tree of forks share the lock of their {@link #root}. The interval tree
 * {@link #rbRoot} holds one {@link AnonVmaChain} for each VMA, ordered by page offset.
 */
@PortedFrom(
    value = "include/linux/rmap.h:anon_vma",
    fidelity = Fidelity.ADAPTED,
    differs = "made with its counts set; one without a parent is its own")
public final class AnonVma implements FolioMapping {
  /** Tells this one from the others of its machine: what reports print for its address. */
  public final long id;

  /** The top of the tree of forks; itself for the one that a first fault makes. */
  public final AnonVma root;

  /** The anon_vma of the VMA this one's was forked from; itself at the top. */
  public final AnonVma parent;

  /** Guards the interval trees of all anon_vmas below this root; meaningful on a root alone. */
  public final RwSem rwsem;

  /** Users: one for being there, one for each KSM item; on a root, one for each other member. */
  public final AtomicInteger refcount = new AtomicInteger(1);

  /** Anon_vmas whose parent this is; a root counts itself. Guarded by the root's lock. */
  public long numChildren;

  /** VMAs whose anon_vma field points here. Guarded by the root's lock. */
  public long numActiveVmas;

  public final RbRoot rbRoot = new RbRoot();

  /** A new top of a tree. */
  public AnonVma(long id, Sched sched) {
    this.id = id;
    this.root = this;
    this.parent = this;
    this.rwsem = new RwSem(sched, LockClass.ANON_VMA_RWSEM);
  }

  /** A member of a tree of forks. */
  public AnonVma(long id, AnonVma root, AnonVma parent) {
    this.id = id;
    this.root = root;
    this.parent = parent;
    this.rwsem = root.rwsem;
  }

  @Override
  public int mappingFlags() {
    return FOLIO_MAPPING_ANON;
  }
}
