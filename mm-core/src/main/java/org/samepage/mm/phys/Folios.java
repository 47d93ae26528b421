// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/{mm,page_ref,page-flags,pagemap}.h, mm/page_alloc.c, mm/swap.c.
package org.samepage.mm.phys;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_BYTES;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;

/**
 * Folios, named by the pfn of their first page: references, lock, mapping, contents, and their end.
 * Most are one page; those of {@link PageUnits#HPAGE_PMD_NR} pages fill one huge entry.
 *
 * <p>Parameters called {@code folio} are first pages, those called {@code page} any page; {@link
 * #pageFolio} leads from one to the other. Contents and {@code AnonExclusive} belong to pages, all
 * else to folios.
 *
 * <p>A folio begins with reference count 1 and ends when the count reaches 0: only then its mapping
 * is cleared, which is what a KSM stable node relies on when it peeps at a page it holds no
 * reference to.
 */
public final class Folios extends FolioState {
  /** The frame of the shared zero page: reserved, never counted, never freed. */
  public static final int ZERO_PFN = 1;

  /** The node that the current task runs on. */
  @PortedFrom("include/linux/numa.h:NUMA_NO_NODE")
  public static final int NUMA_NO_NODE = -1;

  private final Sched sched;
  private final PageAllocator allocator;
  private final PageContents contents;
  private final DeferredSplitQueue deferredSplit;

  public Folios(Sched sched, Frames frames, PageAllocator allocator, PageContents contents) {
    super(frames);
    this.sched = sched;
    this.allocator = allocator;
    this.contents = contents;
    this.deferredSplit = new DeferredSplitQueue(sched, frames);
    frames.populate(ZERO_PFN);
    for (int pfn = 0; pfn < MemoryLayout.FIRST_PFN; pfn++) {
      frames.resetFlags(pfn, PageFlags.PG_RESERVED);
      frames.setRefcount(pfn, 1);
    }
  }

  /** Large folios that would better be split, for pages of theirs are mapped no more. */
  public DeferredSplitQueue deferredSplit() {
    return deferredSplit;
  }

  @PortedFrom("include/linux/pgtable.h:is_zero_pfn")
  public static boolean isZeroPfn(long pfn) {
    return pfn == ZERO_PFN;
  }

  /**
   * A new folio of one page, full of zeros, with one reference.
   *
   * @param nid the node to try first, or {@link #NUMA_NO_NODE}
   * @return its pfn, or {@link Frames#NO_PAGE} where memory is short
   */
  public int vmaAllocFolioNoprof(int nid) {
    return vmaAllocFolioNoprof(nid, 0);
  }

  /**
   * A new folio full of zeros, with one reference.
   *
   * @param order 0, or {@link PageUnits#HPAGE_PMD_ORDER}
   * @return its first pfn, or {@link Frames#NO_PAGE} where memory is short
   */
  public int vmaAllocFolioNoprof(int nid, int order) {
    return alloc(nid == NUMA_NO_NODE ? sched.current().numaNodeId() : nid, ~0L, order);
  }

  /** {@link #vmaAllocFolioNoprof(Mempolicy, int)} of one page. */
  public int vmaAllocFolioNoprof(@Nullable Mempolicy policy) {
    return vmaAllocFolioNoprof(policy, 0);
  }

  /**
   * As {@link #vmaAllocFolioNoprof(int, int)}, for a mapping.
   *
   * @param policy the mapping's; null for the task's own
   */
  @PortedFrom(
      value = {
        "mm/mempolicy.c:vma_alloc_folio_noprof",
        "mm/mempolicy.c:get_vma_policy",
        "mm/mempolicy.c:folio_alloc_mpol_noprof"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "two orders; always zeroed, at no cost; tasks have no policy, no memcg charge")
  public int vmaAllocFolioNoprof(@Nullable Mempolicy policy, int order) {
    int local = sched.current().numaNodeId();
    return policy == null
        ? alloc(local, ~0L, order)
        : alloc(policy.firstNode(local), policy.policyNodemask(), order);
  }

  private int alloc(int nid, long nodemask, int order) {
    sched.mightSleep();
    return CompoundPages.prepCompoundPage(
        frames, allocator.allocFrozenPagesNoprofRaw(nid, nodemask, order), order);
  }

  /**
   * As {@link #vmaAllocFolioNoprof(int, int)}, but from no other node.
   *
   * @return its first pfn, or {@link Frames#NO_PAGE} where the node has none left
   */
  @PortedFrom(
      value = "mm/page_alloc.c:__folio_alloc_noprof",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "two orders, __GFP_THISNODE; always zeroed")
  public int folioAllocNoprofRaw(int nid, int order) {
    sched.mightSleep();
    return CompoundPages.prepCompoundPage(frames, allocator.allocThisNode(nid, order), order);
  }

  // References

  @PortedFrom("include/linux/page_ref.h:folio_ref_count")
  public int folioRefCount(int pfn) {
    return frames.refcount(pfn);
  }

  @PortedFrom("include/linux/mm.h:folio_get")
  public void folioGet(int pfn) {
    frames.addRefcount(pfn, 1);
  }

  @PortedFrom("include/linux/page_ref.h:folio_ref_add")
  public void folioRefAdd(int folio, int count) {
    frames.addRefcount(folio, count);
  }

  /** A reference to the folio that a page belongs to. */
  @PortedFrom("include/linux/mm.h:get_page")
  public void getPage(int page) {
    folioGet(pageFolio(page));
  }

  /** Gives a reference to the folio up that a page belongs to. */
  @PortedFrom("include/linux/mm.h:put_page")
  public void putPage(int page) {
    folioPut(pageFolio(page));
  }

  /** Takes a reference unless the count is 0: freed, or frozen. */
  @PortedFrom("include/linux/page_ref.h:folio_try_get")
  public boolean folioTryGet(int pfn) {
    sched.yieldPoint();
    for (int count = frames.refcount(pfn); count != 0; count = frames.refcount(pfn)) {
      if (frames.casRefcount(pfn, count, count + 1)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes all references away for a moment, if there are exactly so many: nobody else can get one
   * until {@link #folioRefUnfreeze}.
   */
  @PortedFrom("include/linux/page_ref.h:folio_ref_freeze")
  public boolean folioRefFreeze(int pfn, int count) {
    return frames.casRefcount(pfn, count, 0);
  }

  @PortedFrom("include/linux/page_ref.h:folio_ref_unfreeze")
  public void folioRefUnfreeze(int pfn, int count) {
    frames.setRefcount(pfn, count);
    sched.yieldPoint();
  }

  /** Frees a folio whose references are frozen. */
  @PortedFrom(
      value = "mm/swap.c:free_unref_folios",
      fidelity = Fidelity.ADAPTED,
      differs = "one folio")
  public void freeUnrefFolios(int pfn) {
    folioPutRaw(pfn);
  }

  /**
   * Takes a folio aside, with a reference, so that nobody else moves it or swaps it out meanwhile.
   *
   * @return false where somebody has done so before
   */
  @PortedFrom(
      value = "mm/vmscan.c:folio_isolate_lru",
      fidelity = Fidelity.ADAPTED,
      differs = "no lists, only the flag")
  public boolean folioIsolateLru(int pfn) {
    if (!folioTestClearLru(pfn)) {
      return false;
    }
    folioGet(pfn);
    return true;
  }

  /** Takes a folio aside without a reference; whether nobody else had. */
  @PortedFrom("include/linux/page-flags.h:folio_test_clear_lru")
  public boolean folioTestClearLru(int pfn) {
    return !frames.testAndSetFlag(pfn, PageFlags.PG_ISOLATED);
  }

  @PortedFrom("include/linux/page-flags.h:folio_set_lru")
  public void folioSetLru(int pfn) {
    frames.clearFlag(pfn, PageFlags.PG_ISOLATED);
  }

  /** Gives a folio back that was taken aside. */
  @PortedFrom("mm/vmscan.c:folio_putback_lru")
  public void folioPutbackLru(int pfn) {
    folioAddLru(pfn);
    folioPut(pfn);
  }

  /** Ends that a folio is aside; marks it where it may not be reclaimed. */
  @PortedFrom(
      value = {"mm/swap.c:folio_add_lru", "mm/swap.c:lru_add"},
      fidelity = Fidelity.ADAPTED,
      differs = "no lists and batches of CPUs, only the flags")
  private void folioAddLru(int pfn) {
    frames.clearFlag(pfn, PageFlags.PG_UNEVICTABLE);
    if (!folioEvictable(pfn)) {
      frames.clearFlag(pfn, PageFlags.PG_ACTIVE);
      frames.setFlag(pfn, PageFlags.PG_UNEVICTABLE);
      frames.setMlockCount(pfn, 0); // who has counted so far is not known
    }
    folioSetLru(pfn);
  }

  @PortedFrom("include/linux/mm.h:folio_put")
  public void folioPut(int pfn) {
    int count = frames.addRefcount(pfn, -1);
    if (count == 0) {
      folioPutRaw(pfn);
    } else if (count < 0) {
      throw new IllegalStateException("pfn " + pfn + " was put once too often");
    }
  }

  @PortedFrom(
      value = {"mm/swap.c:__folio_put", "mm/page_alloc.c:free_pages_prepare"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no LRU, memcg, or page owner")
  private void folioPutRaw(int pfn) {
    if (folioMapped(pfn)) {
      throw new IllegalStateException("pfn " + pfn + " is freed while it is mapped");
    }
    if (frames.testFlag(pfn, PageFlags.PG_LOCKED)) {
      throw new IllegalStateException("pfn " + pfn + " is freed while it is locked");
    }
    boolean large = folioTestLarge(pfn);
    if (large) {
      var _ = deferredSplit.folioUnqueueDeferredSplitRaw(pfn);
    }
    for (int page = pfn + (large ? HPAGE_PMD_NR : 1) - 1; page >= pfn; page--) {
      frames.setMapping(page, null);
      frames.setIndex(page, 0);
      frames.resetFlags(page, 0);
      contents.release(frames.contentSlot(page));
      frames.setContentSlot(page, PageContents.ZERO_SLOT);
    }
    allocator.freeFrozenPages(pfn, large ? PageUnits.HPAGE_PMD_ORDER : 0);
  }

  // The folio lock

  @PortedFrom("include/linux/pagemap.h:folio_trylock")
  public boolean folioTrylock(int pfn) {
    sched.yieldPoint();
    if (frames.testAndSetFlag(pfn, PageFlags.PG_LOCKED)) {
      return false;
    }
    sched.acquired(LockClass.FOLIO_LOCK, this, pfn);
    return true;
  }

  @PortedFrom(
      value = "include/linux/pagemap.h:folio_lock",
      fidelity = Fidelity.ADAPTED,
      differs = "waits by polling through the scheduler seam")
  public void folioLock(int pfn) {
    sched.acquiring(LockClass.FOLIO_LOCK, this, pfn);
    for (int attempt = 0; frames.testAndSetFlag(pfn, PageFlags.PG_LOCKED); attempt++) {
      sched.contended(LockClass.FOLIO_LOCK, attempt);
    }
    sched.acquired(LockClass.FOLIO_LOCK, this, pfn);
  }

  @PortedFrom("mm/filemap.c:folio_unlock")
  public void folioUnlock(int pfn) {
    if (!folioTestLocked(pfn)) {
      throw new IllegalStateException("pfn " + pfn + " is not locked");
    }
    frames.clearFlag(pfn, PageFlags.PG_LOCKED);
    sched.released(LockClass.FOLIO_LOCK, this, pfn);
  }

  public boolean folioTestLocked(int pfn) {
    return frames.testFlag(pfn, PageFlags.PG_LOCKED);
  }

  // Contents

  public byte byteAt(int pfn, int offset) {
    return contents.get(frames.contentSlot(pfn), offset);
  }

  public void setByte(int pfn, int offset, byte value) {
    contents.set(ownSlot(pfn, true), offset, value);
  }

  /** Overwrites a whole page. */
  public void writePage(int pfn, byte[] page) {
    contents.write(ownSlot(pfn, false), page);
  }

  /** Copies a whole page out. */
  public void readPage(int pfn, byte[] page) {
    contents.read(frames.contentSlot(pfn), page);
  }

  /** Where the page's bytes are, for code that reads raw memory while it holds a reference. */
  public long contentAddress(int pfn) {
    return contents.address(frames.contentSlot(pfn));
  }

  /** Copies one page over another; a page of shared zeros stays shared. */
  @PortedFrom(
      value = "include/linux/highmem.h:copy_mc_user_highpage",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "memory has no errors here")
  public void copyMcUserHighpage(int to, int from) {
    int source = frames.contentSlot(from);
    if (source != PageContents.ZERO_SLOT) {
      contents.copy(source, ownSlot(to, false));
    } else if (frames.contentSlot(to) != PageContents.ZERO_SLOT) {
      contents.fill(frames.contentSlot(to), (byte) 0);
    }
    sched.yieldPoint(); // it takes as long as much else that may happen meanwhile
  }

  /**
   * Compares two pages as unsigned bytes.
   *
   * @return negative, 0 or positive, as the first is less, equal or greater
   */
  @PortedFrom(
      value = "mm/util.c:memcmp_pages",
      fidelity = Fidelity.ADAPTED,
      differs = "counts the bytes it had to compare")
  public int memcmpPages(int a, int b) {
    int slotA = frames.contentSlot(a);
    int slotB = frames.contentSlot(b);
    int at = contents.mismatch(slotA, slotB);
    if (at == PAGE_BYTES) {
      sched.current().work.bytesCompared += at;
      return 0;
    }
    sched.current().work.bytesCompared += at + 1;
    return Byte.compareUnsigned(contents.get(slotA, at), contents.get(slotB, at));
  }

  /**
   * The slot that this frame alone uses, made on the first write.
   *
   * @param keep whether the bytes it had must be there afterwards
   */
  private int ownSlot(int pfn, boolean keep) {
    int slot = frames.contentSlot(pfn);
    if (slot != PageContents.ZERO_SLOT) {
      return slot;
    }
    if (isZeroPfn(pfn)) {
      throw new IllegalStateException("the zero page is not written");
    }
    int fresh = contents.allocate();
    if (keep) {
      contents.fill(fresh, (byte) 0);
    }
    if (frames.casContentSlot(pfn, PageContents.ZERO_SLOT, fresh)) {
      return fresh;
    }
    contents.release(fresh);
    return frames.contentSlot(pfn);
  }
}
