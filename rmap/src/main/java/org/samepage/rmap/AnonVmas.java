// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c, include/linux/rmap.h and mm/vma.c.
package org.samepage.rmap;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** The life of an anon_vma: made at the first fault of a VMA, gone with the last that uses it. */
public final class AnonVmas {
  private final Sched sched;
  private final AtomicLong ids = new AtomicLong();
  private final AtomicLong alive = new AtomicLong();

  public AnonVmas(Sched sched) {
    this.sched = sched;
  }

  /** Anon_vmas that are not freed. */
  public long alive() {
    return alive.get();
  }

  /**
   * Gives a VMA an anon_vma if it has none: a neighbour's if that may be shared, else a new one.
   * Holds mmap_lock.
   *
   * @return 0, or {@code -ENOMEM}
   */
  @PortedFrom({"include/linux/rmap.h:anon_vma_prepare", "mm/rmap.c:__anon_vma_prepare"})
  // tag::anon-vma-prepare[]
  public int anonVmaPrepare(VmArea vma) {
    if (vma.anonVma != null) {
      return 0;
    }
    Mm mm = vma.vmMm;
    mm.mmapLock.assertLocked();
    sched.mightSleep();
    if (fails(Alloc.ANON_VMA_CHAIN)) {
      return -Errno.ENOMEM;
    }
    AnonVma anonVma = findMergeableAnonVma(vma);
    AnonVma allocated = null;
    if (anonVma == null) {
      anonVma = anonVmaAlloc();
      if (anonVma == null) {
        return -Errno.ENOMEM;
      }
      anonVma.numChildren++; // the root is its own parent
      allocated = anonVma;
    }
    anonVma.root.rwsem.writeLock();
    KernelLock pageTableLock = mm.pgTables.pageTableLock();
    pageTableLock.lock();
    if (vma.anonVma == null) {
      vma.anonVma = anonVma;
      anonVmaChainLink(vma, new AnonVmaChain(vma, anonVma));
      anonVma.numActiveVmas++;
      allocated = null;
    }
    pageTableLock.unlock();
    anonVma.root.rwsem.writeUnlock();
    if (allocated != null) {
      putAnonVma(allocated); // another thread was quicker
    }
    return 0;
  }

  // end::anon-vma-prepare[]

  @PortedFrom(
      value = "mm/rmap.c:anon_vma_alloc",
      fidelity = Fidelity.ADAPTED,
      differs = "a root alone")
  private @Nullable AnonVma anonVmaAlloc() {
    if (fails(Alloc.ANON_VMA)) {
      return null;
    }
    alive.incrementAndGet();
    return new AnonVma(ids.incrementAndGet(), sched);
  }

  private boolean fails(Alloc what) {
    return sched.failSlab.shouldFailslab(what);
  }

  @PortedFrom("mm/rmap.c:anon_vma_chain_link")
  private static void anonVmaChainLink(VmArea vma, AnonVmaChain avc) {
    vma.addChain(avc);
    AnonVmaIntervalTree.anonVmaIntervalTreeInsert(avc, avc.anonVma.rbRoot);
  }

  /** A neighbour's anon_vma that this VMA may share, so that the two can be merged later. */
  @PortedFrom("mm/vma.c:find_mergeable_anon_vma")
  private static @Nullable AnonVma findMergeableAnonVma(VmArea vma) {
    VmArea next = vma.vmMm.vmas.next(vma);
    if (next != null) {
      AnonVma anonVma = reusableAnonVma(next, vma, next);
      if (anonVma != null) {
        return anonVma;
      }
    }
    VmArea prev = vma.vmMm.vmas.prev(vma);
    return prev == null ? null : reusableAnonVma(prev, prev, vma);
  }

  @PortedFrom("mm/vma.c:reusable_anon_vma")
  private static @Nullable AnonVma reusableAnonVma(VmArea old, VmArea a, VmArea b) {
    return anonVmaCompatible(a, b) && old.anonVma != null && old.chainIsSingular()
        ? old.anonVma
        : null;
  }

  @PortedFrom(
      value = "mm/vma.c:anon_vma_compatible",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no policies")
  private static boolean anonVmaCompatible(VmArea a, VmArea b) {
    return a.vmEnd == b.vmStart
        && a.vmFile == b.vmFile
        && ((a.vmFlags ^ b.vmFlags) & ~(VmFlags.VM_ACCESS_FLAGS | VmFlags.VM_STICKY)) == 0
        && b.vmPgoff == a.linearPageIndex(b.vmStart);
  }

  /**
   * Links a VMA to all anon_vmas that another is linked to, oldest first. Where it has no anon_vma
   * of its own yet, it may take one whose VMAs are gone and which has one child at most.
   *
   * @return 0, or {@code -ENOMEM} with no link left and no anon_vma
   */
  @PortedFrom(
      value = "mm/rmap.c:anon_vma_clone",
      fidelity = Fidelity.ADAPTED,
      differs = "asks for memory once: there is none to wait for without the lock")
  public int anonVmaClone(VmArea dst, VmArea src) {
    AnonVmaChain oldest = src.oldestChain();
    if (oldest == null) {
      return 0;
    }
    AnonVma root = oldest.anonVma.root;
    root.rwsem.writeLock();
    for (AnonVmaChain avc = oldest; avc != null; avc = avc.prevSameVma()) {
      if (fails(Alloc.ANON_VMA_CHAIN)) {
        root.rwsem.writeUnlock();
        dst.anonVma = null; // it was not counted yet, and must not be uncounted
        unlinkAnonVmas(dst);
        return -Errno.ENOMEM;
      }
      AnonVma anonVma = avc.anonVma;
      anonVmaChainLink(dst, new AnonVmaChain(dst, anonVma));
      if (dst.anonVma == null
          && src.anonVma != null
          && anonVma.numChildren < 2
          && anonVma.numActiveVmas == 0) {
        dst.anonVma = anonVma;
      }
    }
    if (dst.anonVma != null) {
      dst.anonVma.numActiveVmas++;
    }
    root.rwsem.writeUnlock();
    return 0;
  }

  /**
   * Links a child's VMA to its parent's anon_vmas, and gives it one for its own new pages.
   *
   * @return 0, or {@code -ENOMEM} with no link left
   */
  @PortedFrom("mm/rmap.c:anon_vma_fork")
  public int anonVmaFork(VmArea vma, VmArea pvma) {
    vma.anonVma = null;
    AnonVma parent = pvma.anonVma;
    if (parent == null) {
      return 0;
    }
    int err = anonVmaClone(vma, pvma);
    if (err != 0 || vma.anonVma != null) {
      return err; // short of memory, or one whose VMAs are gone
    }
    if (fails(Alloc.ANON_VMA) || fails(Alloc.ANON_VMA_CHAIN)) {
      unlinkAnonVmas(vma);
      return -Errno.ENOMEM;
    }
    alive.incrementAndGet();
    AnonVma anonVma = new AnonVma(ids.incrementAndGet(), parent.root, parent);
    anonVma.numActiveVmas++;
    getAnonVma(parent.root);
    vma.anonVma = anonVma;
    parent.root.rwsem.writeLock();
    anonVmaChainLink(vma, new AnonVmaChain(vma, anonVma));
    parent.numChildren++;
    parent.root.rwsem.writeUnlock();
    return 0;
  }

  /** A VMA is swallowed by one that has its anon_vma: its own links go. */
  @PortedFrom("include/linux/rmap.h:anon_vma_merge")
  public void anonVmaMerge(VmArea vma, VmArea next) {
    if (vma.anonVma != next.anonVma) {
      throw new IllegalStateException("merged with another anon_vma");
    }
    unlinkAnonVmas(next);
  }

  /** Takes a VMA out of the interval trees, so that its range may change. Holds the root's lock. */
  @PortedFrom("mm/vma.c:anon_vma_interval_tree_pre_update_vma")
  public static void anonVmaIntervalTreePreUpdateVma(VmArea vma) {
    for (AnonVmaChain avc = vma.newestChain(); avc != null; avc = avc.nextSameVma()) {
      AnonVmaIntervalTree.anonVmaIntervalTreeRemove(avc, avc.anonVma.rbRoot);
    }
  }

  /** Puts it back. Holds the root's lock. */
  @PortedFrom("mm/vma.c:anon_vma_interval_tree_post_update_vma")
  public static void anonVmaIntervalTreePostUpdateVma(VmArea vma) {
    for (AnonVmaChain avc = vma.newestChain(); avc != null; avc = avc.nextSameVma()) {
      AnonVmaIntervalTree.anonVmaIntervalTreeInsert(avc, avc.anonVma.rbRoot);
    }
  }

  /** Cuts a VMA off from its anon_vmas; those that nobody else uses go. */
  @PortedFrom(
      value = "mm/rmap.c:unlink_anon_vmas",
      fidelity = Fidelity.ADAPTED,
      differs = "a VMA has one root, so its lock is taken once")
  public void unlinkAnonVmas(VmArea vma) {
    AnonVmaChain newest = vma.newestChain();
    if (newest == null) {
      return;
    }
    AnonVma root = newest.anonVma.root;
    root.rwsem.writeLock();
    AnonVmaChain next;
    for (AnonVmaChain avc = newest; avc != null; avc = next) {
      next = avc.nextSameVma();
      AnonVma anonVma = avc.anonVma;
      AnonVmaIntervalTree.anonVmaIntervalTreeRemove(avc, anonVma.rbRoot);
      if (anonVma.rbRoot.isEmpty()) {
        anonVma.parent.numChildren--; // stays on the list: it is put once the lock is given up
      } else {
        vma.removeChain(avc);
      }
    }
    if (vma.anonVma != null) {
      vma.anonVma.numActiveVmas--;
      vma.anonVma = null;
    }
    root.rwsem.writeUnlock();
    for (AnonVmaChain avc = vma.newestChain(); avc != null; avc = vma.newestChain()) {
      vma.removeChain(avc);
      putAnonVma(avc.anonVma);
    }
  }

  @PortedFrom("include/linux/rmap.h:get_anon_vma")
  public void getAnonVma(AnonVma anonVma) {
    anonVma.refcount.incrementAndGet();
  }

  @PortedFrom({"include/linux/rmap.h:put_anon_vma", "mm/rmap.c:__put_anon_vma"})
  public void putAnonVma(AnonVma anonVma) {
    int left = anonVma.refcount.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("an anon_vma was put once too often");
    }
    if (left == 0) {
      alive.decrementAndGet();
      if (anonVma.root != anonVma) {
        putAnonVma(anonVma.root);
      }
    }
  }
}
