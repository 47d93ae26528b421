// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.machine.fork;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.vma.VmFlags.VM_COPY_ON_FORK;
import static org.samepage.mm.vma.VmFlags.VM_SHARED;

import org.samepage.machine.mmap.ZapRange;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;

/** Copies page-table entries to a child: both then share the pages until one writes. */
public final class CopyPageRange {
  private final Folios folios;
  private final NormalPage normalPage;
  private final AnonRmap rmap;

  public CopyPageRange(Folios folios, NormalPage normalPage, AnonRmap rmap) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.rmap = rmap;
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
        (table, start, end) -> {
          PageTable to = err[0] == 0 ? dst.vmMm.pgTables.pteAlloc(start) : null;
          if (to == null) {
            err[0] = -Errno.ENOMEM;
          } else {
            copyPteRange(dst, src, to, table, start, end);
          }
        });
    return err[0];
  }

  @PortedFrom(
      value = {"mm/memory.c:copy_pte_range", "mm/memory.c:copy_nonpresent_pte"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "guards are all that is not present")
  private void copyPteRange(
      VmArea dst, VmArea src, PageTable to, PageTable from, long start, long end) {
    to.ptl.lock();
    from.ptl.lockNested();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int at = pteIndex(addr);
      long pte = from.get(at);
      if (Pte.pteNone(pte)) {
        continue;
      }
      to.set(
          at,
          Pte.ptePresent(pte)
              ? copyPresentPtes(dst, src, from, pte, addr)
              : copyPteMarker(pte, dst));
    }
    from.ptl.unlock();
    to.ptl.unlock();
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
      differs = "one entry at a time; nobody has pages pinned")
  private long copyPresentPtes(VmArea dst, VmArea src, PageTable from, long orig, long addr) {
    int folio = normalPage.vmNormalPage(src, addr, orig);
    if (folio != Frames.NO_PAGE) {
      folios.folioGet(folio);
      dst.vmMm.addMmCounter(ZapRange.mmCounter(folios, folio), 1);
      if (folios.folioTestAnon(folio)) {
        var _ = rmap.folioTryDupAnonRmapPte(folio);
      } else {
        rmap.folioAddFileRmapPtes(folio);
      }
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
