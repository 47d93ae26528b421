// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c and include/linux/rmap.h.
package org.samepage.rmap;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.MmFlags;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/**
 * Counts the mappings of folios, and says where a page belongs in a VMA.
 *
 * <p>Where a method takes a page, the counts that change are those of its folio too.
 */
public final class AnonRmap {
  /** From here on a reference count counts as a pin, whoever holds it. */
  private static final int GUP_PIN_COUNTING_BIAS = 1024;

  /** Flags of a mapping: nothing special. */
  public static final int RMAP_NONE = 0;

  /** Flags of a mapping: nobody else has the page. */
  public static final int RMAP_EXCLUSIVE = 1;

  private final Folios folios;
  private final Frames frames;
  private final MappingCounts counts;
  private final MlockedFolios mlocked;

  public AnonRmap(Folios folios) {
    this.folios = folios;
    this.frames = folios.frames();
    this.counts = new MappingCounts(folios);
    this.mlocked = new MlockedFolios(folios);
  }

  /**
   * {@link #folioAddNewAnonRmap(int, VmArea, long, int)} of a page that the VMA has alone, and that
   * is locked in memory if the VMA is.
   */
  @PortedFrom(
      value = "mm/rmap.c:folio_add_new_anon_rmap",
      fidelity = Fidelity.ADAPTED,
      differs = "RMAP_EXCLUSIVE; with folio_add_lru_vma, which comes next")
  public void folioAddNewAnonRmap(int folio, VmArea vma, long addr) {
    folioAddNewAnonRmap(folio, vma, addr, RMAP_EXCLUSIVE);
    mlocked.folioAddLruVma(folio, vma);
  }

  /**
   * The first mapping of a new folio: a large one's by a huge entry.
   *
   * @param folio new, full, and not yet mapped
   * @param flags {@link #RMAP_EXCLUSIVE} where no other VMA may have it; else it belongs to the
   *     root of the VMA's anon_vma, where all who share it can be found
   */
  @PortedFrom(
      value = "mm/rmap.c:folio_add_new_anon_rmap",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "two orders; marks it up to date")
  public void folioAddNewAnonRmap(int folio, VmArea vma, long addr, int flags) {
    boolean exclusive = (flags & RMAP_EXCLUSIVE) != 0;
    int swapbacked = vma.has(VmFlags.VM_DROPPABLE) ? 0 : PageFlags.PG_SWAPBACKED;
    frames.setFlag(folio, swapbacked | PageFlags.PG_UPTODATE);
    folioSetAnonRaw(folio, vma, addr, exclusive);
    counts.first(folio, vma);
    if (exclusive) {
      folios.setPageAnonExclusive(folio);
    }
  }

  @PortedFrom("mm/rmap.c:__folio_set_anon")
  private void folioSetAnonRaw(int folio, VmArea vma, long addr, boolean exclusive) {
    AnonVma anonVma = Objects.requireNonNull(vma.anonVma, "no anon_vma to map it in");
    frames.setIndex(folio, vma.linearPageIndex(addr));
    frames.setMapping(folio, exclusive ? anonVma : anonVma.root);
  }

  /** {@link #folioAddAnonRmapPtes(int, VmArea, long, int)} of a page that others may have too. */
  @PortedFrom(
      value = "mm/rmap.c:folio_add_anon_rmap_ptes",
      fidelity = Fidelity.ADAPTED,
      differs = "RMAP_NONE")
  public void folioAddAnonRmapPtes(int folio, VmArea vma, long addr) {
    folioAddAnonRmapPtes(folio, vma, addr, RMAP_NONE);
  }

  /**
   * One more mapping of a page of an anonymous or KSM folio. Holds the page-table lock.
   *
   * @param flags {@link #RMAP_EXCLUSIVE} where it is the only one there can be
   */
  @PortedFrom(
      value = "mm/rmap.c:folio_add_anon_rmap_ptes",
      fidelity = Fidelity.ADAPTED,
      differs = "one page")
  public void folioAddAnonRmapPtes(int page, VmArea vma, long addr, int flags) {
    folioAddAnonRmapPtes(page, 1, vma, addr, flags);
  }

  /** The same for pages of one folio in a row. */
  @PortedFrom({"mm/rmap.c:folio_add_anon_rmap_ptes", "mm/rmap.c:__folio_add_anon_rmap"})
  public void folioAddAnonRmapPtes(int page, int nrPages, VmArea vma, long addr, int flags) {
    int folio = folios.pageFolio(page);
    pageCheckAnonRmapRaw(folio, page, vma, addr);
    boolean exclusive = (flags & RMAP_EXCLUSIVE) != 0;
    if (counts.addPtes(folio, page, nrPages, vma) && exclusive) {
      throw new IllegalStateException("pfn " + page + " is not exclusive");
    }
    for (int i = page; exclusive && i < page + nrPages; i++) {
      folios.setPageAnonExclusive(i);
    }
    if (folios.folioNrPages(folio) == nrPages) {
      mlocked.mlockVmaFolio(folio, vma); // a part of one may be split off and reclaimed
    }
  }

  /** One more mapping of a large anonymous folio by a huge entry. Holds its lock. */
  @PortedFrom({"mm/rmap.c:folio_add_anon_rmap_pmd", "mm/rmap.c:__folio_add_anon_rmap"})
  public void folioAddAnonRmapPmd(int folio, VmArea vma, long addr, int flags) {
    pageCheckAnonRmapRaw(folio, folio, vma, addr);
    counts.addPmd(folio, vma);
    if ((flags & RMAP_EXCLUSIVE) != 0) {
      if (folios.folioEntireMapcount(folio) > 1) {
        throw new IllegalStateException("pfn " + folio + " is not exclusive");
      }
      folios.setPageAnonExclusive(folio);
    }
    mlocked.mlockVmaFolio(folio, vma);
  }

  @PortedFrom(
      value = "mm/rmap.c:__page_check_anon_rmap",
      fidelity = Fidelity.ADAPTED,
      differs = "checks always")
  private void pageCheckAnonRmapRaw(int folio, int page, VmArea vma, long addr) {
    if (folios.folioTestKsm(folio)) {
      return;
    }
    AnonVma mapped = folioAnonVma(folio);
    if (mapped == null
        || vma.anonVma == null
        || mapped.root != vma.anonVma.root
        || pagePgoff(folio, page) != vma.linearPageIndex(addr)) {
      throw new IllegalStateException("pfn " + page + " does not belong at " + addr);
    }
  }

  /** The offset of a page in what its folio belongs to [pages]. */
  @PortedFrom("include/linux/pagemap.h:page_pgoff")
  public long pagePgoff(int folio, int page) {
    return frames.index(folio) + page - folio;
  }

  /** One more mapping of a file's page. Holds the page-table lock. */
  @PortedFrom(
      value = {
        "mm/rmap.c:folio_add_file_rmap_ptes",
        "include/linux/rmap.h:folio_dup_file_rmap_pte"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one page of an order-0 folio; no statistics")
  public void folioAddFileRmapPtes(int folio, VmArea vma) {
    frames.addMapcountRaw(folio, 1);
    mlocked.mlockVmaFolio(folio, vma);
  }

  /**
   * One more mapping of an anonymous folio by a child: it is nobody's own any more. Holds the
   * page-table locks of parent and child.
   *
   * @param dst the child's VMA
   * @param src the parent's VMA
   * @return false where somebody may have it pinned, so that the child needs a copy
   */
  @PortedFrom(
      value = "include/linux/rmap.h:folio_try_dup_anon_rmap_pte",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns 0")
  public boolean folioTryDupAnonRmapPte(int page, VmArea dst, VmArea src) {
    int folio = folios.pageFolio(page);
    if (folios.pageAnonExclusive(page) && folioNeedsCowForDma(src, folio)) {
      return false;
    }
    folios.clearPageAnonExclusive(page);
    var _ = counts.addPtes(folio, page, 1, dst);
    return true;
  }

  /** The same for a large folio that is mapped by a huge entry. */
  @PortedFrom(
      value = "include/linux/rmap.h:folio_try_dup_anon_rmap_pmd",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns 0")
  public boolean folioTryDupAnonRmapPmd(int folio, VmArea dst, VmArea src) {
    if (folios.pageAnonExclusive(folio) && folioNeedsCowForDma(src, folio)) {
      return false;
    }
    folios.clearPageAnonExclusive(folio);
    counts.addPmd(folio, dst);
    return true;
  }

  @PortedFrom("include/linux/mm.h:folio_needs_cow_for_dma")
  private boolean folioNeedsCowForDma(VmArea vma, int folio) {
    return vma.vmMm.mmFlagsTest(MmFlags.MMF_HAS_PINNED) && folioMaybeDmaPinned(folio);
  }

  /** Lets a folio that only this VMA maps point to its anon_vma. Holds the folio lock. */
  @PortedFrom("mm/rmap.c:folio_move_anon_rmap")
  public void folioMoveAnonRmap(int folio, VmArea vma) {
    if (!folios.folioTestLocked(folio)) {
      throw new IllegalStateException("pfn " + folio + " is not locked");
    }
    frames.setMapping(folio, Objects.requireNonNull(vma.anonVma));
  }

  /**
   * One mapping of a page less. Holds the page-table lock. The folio's mapping stays until it is
   * freed.
   */
  @PortedFrom(
      value = "mm/rmap.c:folio_remove_rmap_ptes",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one page; no LRU statistics")
  public void folioRemoveRmapPtes(int page, VmArea vma) {
    int folio = folios.pageFolio(page);
    counts.removePtes(folio, page, 1, vma);
    mlocked.munlockVmaFolio(folio, vma);
  }

  /** One mapping of a large folio by a huge entry less. Holds the entry's lock. */
  @PortedFrom(
      value = "mm/rmap.c:folio_remove_rmap_pmd",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no LRU statistics")
  public void folioRemoveRmapPmd(int folio, VmArea vma) {
    counts.removePmd(folio, vma);
    mlocked.munlockVmaFolio(folio, vma);
  }

  /**
   * Gives up that a page is exclusive, unless somebody may have it pinned. The entry is cleared.
   *
   * @return whether it worked
   */
  @PortedFrom(
      value = "include/linux/rmap.h:folio_try_share_anon_rmap_pte",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns 0")
  public boolean folioTryShareAnonRmapPte(int page) {
    if (folioMaybeDmaPinned(folios.pageFolio(page))) {
      return false;
    }
    folios.clearPageAnonExclusive(page);
    return true;
  }

  /** The same for a large folio that is mapped by a huge entry. */
  @PortedFrom(
      value = "include/linux/rmap.h:folio_try_share_anon_rmap_pmd",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns 0")
  public boolean folioTryShareAnonRmapPmd(int folio) {
    return folioTryShareAnonRmapPte(folio);
  }

  /** Whether somebody may have a folio pinned: of one page a guess, by the references. */
  @PortedFrom(
      value = "include/linux/mm.h:folio_maybe_dma_pinned",
      fidelity = Fidelity.ADAPTED,
      differs = "a large folio's pins have a count of their own, which nothing here raises")
  public boolean folioMaybeDmaPinned(int folio) {
    return !folios.folioTestLarge(folio)
        && Integer.compareUnsigned(folios.folioRefCount(folio), GUP_PIN_COUNTING_BIAS) >= 0;
  }

  /** The anon_vma of an anonymous folio; null for a KSM folio, which has none. */
  @PortedFrom("mm/util.c:folio_anon_vma")
  public @Nullable AnonVma folioAnonVma(int folio) {
    FolioMapping mapping = folios.folioRawMapping(folio);
    return mapping instanceof AnonVma anonVma ? anonVma : null;
  }

  /** Result of {@link #pageAddressInVma} where the page does not belong in the VMA. */
  public static final long NO_ADDRESS = -Errno.EFAULT;

  /**
   * Where a page would be mapped in a VMA.
   *
   * @return the address, or {@link #NO_ADDRESS}; always that for a KSM folio
   */
  @PortedFrom("mm/rmap.c:page_address_in_vma")
  public long pageAddressInVma(int page, VmArea vma) {
    int folio = folios.pageFolio(page);
    if (folios.folioTestAnon(folio)) {
      AnonVma mapped = folioAnonVma(folio);
      if (mapped == null || vma.anonVma == null || vma.anonVma.root != mapped.root) {
        return NO_ADDRESS;
      }
    } else if (vma.vmFile == null || vma.vmFile != folios.folioRawMapping(folio)) {
      return NO_ADDRESS;
    }
    return VmaAddress.vmaAddress(vma, pagePgoff(folio, page), 1);
  }

  /** The table that holds the PMD of an address; null where there is none. */
  @PortedFrom(
      value = "mm/rmap.c:mm_find_pmd",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the table that the entry is in")
  public static @Nullable PageTable mmFindPmd(Mm mm, long addr) {
    return mm.pgTables.pmdTable(addr);
  }
}
