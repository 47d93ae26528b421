// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.machine.fork;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.vma.VmFlags.VM_COPY_ON_FORK;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import org.samepage.machine.thp.CopyHugePmd;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;

/** Copies page-table entries to a child: both then share the pages until one writes. */
public final class CopyPageRange {
  private final Folios folios;
  private final NormalPage normalPage;
  private final AnonRmap rmap;
  private final SwapDevice swap;
  private final Mmlist mmlist;
  private final SwapTypes types;
  private final CopyHugePmd copyHugePmd;

  public CopyPageRange(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      SwapDevice swap,
      Mmlist mmlist,
      SwapTypes types,
      CopyHugePmd copyHugePmd) {
    this.copyHugePmd = copyHugePmd;
    this.folios = folios;
    this.normalPage = normalPage;
    this.rmap = rmap;
    this.swap = swap;
    this.mmlist = mmlist;
    this.types = types;
  }

  /** Holds both mmap_locks for writing. Returns 0 or a negative errno. */
  @PortedFrom(
      value = {"mm/memory.c:copy_page_range", "mm/memory.c:vma_needs_copy"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no MMU notifiers")
  int copyPageRange(VmArea dst, VmArea src) {
    if (!dst.has(VM_COPY_ON_FORK) && src.anonVma == null) {
      return 0; // whatever is there can be faulted in again
    }
    int[] err = new int[1];
    src.vmMm.pgTables.forEachTable(
        src.vmStart,
        src.vmEnd,
        (table, index, start, end) -> {
          int copied = err[0] == 0 ? copyHugePmd.copyHugePmd(dst, src, table, start) : 0;
          err[0] = copied == -Errno.ENOMEM ? copied : err[0];
          return copied != -Errno.EAGAIN;
        },
        (table, start, end) -> {
          PageTable to = err[0] == 0 ? dst.vmMm.pgTables.pteAlloc(start) : null;
          if (to == null) {
            err[0] = -Errno.ENOMEM;
          } else {
            err[0] = copyPart(dst, src, to, table, start, end);
          }
        });
    return err[0];
  }

  /** Copies a part of a table; goes on with a page at hand where one has to be copied at once. */
  private int copyPart(VmArea dst, VmArea src, PageTable to, PageTable from, long start, long end) {
    int[] prealloc = {Frames.NO_PAGE};
    long addr = copyPteRange(dst, src, to, from, start, end, prealloc);
    while (addr < end) {
      prealloc[0] = folios.vmaAllocFolioNoprof(dst.vmPolicy);
      if (prealloc[0] == Frames.NO_PAGE) {
        return -Errno.ENOMEM;
      }
      addr = copyPteRange(dst, src, to, from, addr, end, prealloc);
    }
    if (prealloc[0] != Frames.NO_PAGE) {
      folios.folioPut(prealloc[0]); // the page is not pinned any more
    }
    return 0;
  }

  /**
   * Copies entries from an address on.
   *
   * @param prealloc holds a new folio for a page that has to be copied, or none
   * @return the end, or the address of a page for which a folio must be allocated first
   */
  @PortedFrom(
      value = "mm/memory.c:copy_pte_range",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller allocates and calls again; cannot run out of swap counts")
  private long copyPteRange(
      VmArea dst, VmArea src, PageTable to, PageTable from, long start, long end, int[] prealloc) {
    to.ptl.lock();
    from.ptl.lockNested();
    long addr = start;
    for (; addr < end; addr += PAGE_SIZE) {
      int at = pteIndex(addr);
      long pte = from.get(at);
      if (Pte.pteNone(pte)) {
        continue;
      }
      if (!Pte.ptePresent(pte)) {
        to.set(at, copyNonpresentPte(dst, src, from, at));
        continue;
      }
      long copy = copyPresentPtes(dst, src, from, pte, addr, prealloc);
      if (copy == NEED_PREALLOC) {
        break;
      }
      to.set(at, copy);
    }
    from.ptl.unlock();
    to.ptl.unlock();
    return addr;
  }

  /** No word of a page-table entry: none would be copied. */
  private static final long NEED_PREALLOC = 0;

  /** One more word for a slot; a migration entry that allows nobody to write; a marker, or none. */
  @PortedFrom(
      value = "mm/memory.c:copy_nonpresent_pte",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device memory")
  private long copyNonpresentPte(VmArea dst, VmArea src, PageTable from, int at) {
    long pte = from.get(at);
    if (PteMarker.isPteMarker(pte)) {
      return copyPteMarker(pte, dst);
    }
    if (types.isSwapSlot(pte)) {
      if (swap.swapDuplicate(SwapEntry.pteToSwpEntry(pte)) < 0) {
        throw new IllegalStateException("a swap word of no slot: %#x".formatted(pte));
      }
      mmlist.add(dst.vmMm);
      if (SwapEntry.pteSwpExclusive(pte)) {
        pte = SwapEntry.pteSwpClearExclusive(pte);
        from.set(at, pte);
      }
      dst.vmMm.addMmCounter(Mm.MM_SWAPENTS, 1);
    } else if (types.isMigrationEntry(pte)) {
      int folio = folios.pageFolio((int) types.swpOffsetPfn(pte));
      dst.vmMm.addMmCounter(Mm.mmCounter(folios, folio), 1);
      if (!types.isReadableMigrationEntry(pte) && src.isCowMapping()) {
        long entry = types.makeReadableMigrationEntry(SwapEntry.swpOffsetRaw(pte));
        PteLayout ptes = src.vmMm.ptes;
        entry = ptes.pteSwpSoftDirty(pte) ? ptes.pteSwpMksoftDirty(entry) : entry;
        pte = SwapEntry.pteSwpUffdWp(pte) ? SwapEntry.pteSwpMkuffdWp(entry) : entry;
        from.set(at, pte);
      }
    }
    return dst.userfaultfdWp() ? pte : SwapEntry.pteSwpClearUffdWp(pte);
  }

  /** A page of the child's own, where the parent's may be pinned and must stay the parent's. */
  @PortedFrom("mm/memory.c:copy_present_page")
  private long copyPresentPage(VmArea dst, long orig, int page, long addr, int[] prealloc) {
    int copy = prealloc[0];
    if (copy == Frames.NO_PAGE) {
      return NEED_PREALLOC;
    }
    prealloc[0] = Frames.NO_PAGE;
    folios.copyMcUserHighpage(copy, page);
    rmap.folioAddNewAnonRmap(copy, dst, addr);
    dst.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
    long pte = dst.vmMm.ptes.pteMkdirty(Pte.pfnPte(copy, dst.vmPageProt));
    pte = dst.has(VM_WRITE) ? Pte.pteMkwriteNovma(pte) : pte;
    return dst.userfaultfdPteWp(orig) ? Pte.pteMkuffdWp(pte) : pte;
  }

  /** What a child gets of a marker: nothing of its parent's userfaultfd. */
  @PortedFrom(
      value = "include/linux/mm_inline.h:copy_pte_marker",
      fidelity = Fidelity.ADAPTED,
      differs = "from word to word")
  private static long copyPteMarker(long pte, VmArea dst) {
    long marker = PteMarker.pteMarkerGet(pte) & (PteMarker.POISONED | PteMarker.GUARD);
    if (PteMarker.pteMarkerUffdWp(pte) && dst.userfaultfdWp()) {
      marker |= PteMarker.UFFD_WP;
    }
    return marker == 0 ? 0 : PteMarker.makePteMarker(marker);
  }

  @PortedFrom(
      value = {"mm/memory.c:copy_present_ptes", "mm/memory.c:__copy_present_ptes"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one entry at a time")
  private long copyPresentPtes(
      VmArea dst, VmArea src, PageTable from, long orig, long addr, int[] prealloc) {
    int page = normalPage.vmNormalPage(src, addr, orig);
    if (page != Frames.NO_PAGE) {
      int folio = folios.pageFolio(page);
      folios.folioGet(folio);
      if (!folios.folioTestAnon(folio)) {
        rmap.folioAddFileRmapPtes(folio, dst);
      } else if (!rmap.folioTryDupAnonRmapPte(page, dst, src)) {
        folios.folioPut(folio);
        return copyPresentPage(dst, orig, page, addr, prealloc);
      }
      dst.vmMm.addMmCounter(Mm.mmCounter(folios, folio), 1);
    }
    long pte = orig;
    if (src.isCowMapping() && Pte.pteWrite(pte)) {
      from.set(pteIndex(addr), Pte.pteWrprotect(pte));
      pte = Pte.pteWrprotect(pte);
    }
    if (src.has(VM_SHARED)) {
      pte = Pte.pteMkclean(pte);
    }
    if (!dst.userfaultfdWp()) {
      pte = Pte.pteClearUffdWp(pte);
    }
    return Pte.pteMkold(pte);
  }
}
