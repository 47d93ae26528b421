// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.merge;

import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.ksm.state.KsmState;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.PageVmaMappedWalk;

/** The two steps that change page tables: take the right to write away, put another page in. */
public final class PageReplacer {
  private final KsmState state;
  private final Folios folios;
  private final AnonRmap rmap;
  private final SwapDevice swap;
  private final PageVmaMappedWalk pvmw;

  private long origPte;

  public PageReplacer(
      KsmState state, Folios folios, AnonRmap rmap, SwapDevice swap, SwapTypes types) {
    this.state = state;
    this.folios = folios;
    this.rmap = rmap;
    this.swap = swap;
    this.pvmw = new PageVmaMappedWalk(folios, types);
  }

  /** The entry as the last successful {@link #writeProtectPage} left it. */
  long origPte() {
    return origPte;
  }

  /**
   * Makes sure that a page mapped in this VMA cannot change any more.
   *
   * @param folio locked by the caller, who holds exactly one reference
   * @return whether it worked; not where somebody else holds a reference, or may have it pinned
   */
  @PortedFrom(
      value = "mm/ksm.c:write_protect_page",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success; no MMU notifiers, no pending TLB flushes")
  boolean writeProtectPage(VmArea vma, int folio) {
    long addr = rmap.pageAddressInVma(folio, vma);
    if (addr == AnonRmap.NO_ADDRESS
        || !pvmw.defineFolioVmaWalk(folio, vma, addr, 0).pageVmaMappedWalk()) {
      return false;
    }
    PageTable table = pvmw.table();
    int at = pvmw.index();
    boolean protectedNow = !pvmw.isPmd() && protect(table, at, folio);
    pvmw.pageVmaMappedWalkDone();
    return protectedNow;
  }

  private boolean protect(PageTable table, int at, int folio) {
    boolean anonExclusive = folios.pageAnonExclusive(folio);
    long entry = table.get(at);
    if (Pte.pteWrite(entry) || Pte.pteDirty(entry) || anonExclusive) {
      int swapped = folios.folioTestSwapcache(folio) ? 1 : 0;
      // cleared before counting: whoever takes a reference without a lock must have done so by now
      entry = table.getAndClear(at);
      if (folios.folioMapcount(folio) + 1 + swapped != folios.folioRefCount(folio)
          || (anonExclusive && !rmap.folioTryShareAnonRmapPte(folio))) {
        table.set(at, entry);
        return false;
      }
      if (Pte.pteDirty(entry)) {
        folios.folioMarkDirty(folio);
      }
      entry = Pte.pteMkclean(entry);
      if (Pte.pteWrite(entry)) {
        entry = Pte.pteWrprotect(entry);
      }
      table.set(at, entry);
    }
    origPte = entry;
    return true;
  }

  /**
   * Maps another page with the same content in a page's place, read-only.
   *
   * @param page mapped in this VMA by the entry {@code expected}
   * @param kpage a KSM page or the zero page, referenced by the caller
   * @return whether the entry still was what it should be
   */
  @PortedFrom(
      value = "mm/ksm.c:replace_page",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success; no MMU notifiers")
  boolean replacePage(VmArea vma, int page, int kpage, long expected) {
    Mm mm = vma.vmMm;
    long addr = rmap.pageAddressInVma(page, vma);
    if (addr == AnonRmap.NO_ADDRESS) {
      return false;
    }
    PageTable pmdTable = AnonRmap.mmFindPmd(mm, addr);
    PageTable table = pmdTable == null ? null : PgTables.pteOffsetMapLock(pmdTable, pmdIndex(addr));
    if (table == null) {
      return false;
    }
    int at = pteIndex(addr);
    if (table.get(at) != expected) {
      table.ptl.unlock();
      return false;
    }
    long fresh;
    if (Folios.isZeroPfn(kpage)) {
      // dirty: that is how a zero page that ksmd put in is told from others
      fresh = mm.ptes.pteMkdirty(Pte.pteMkspecial(Pte.pfnPte(kpage, vma.vmPageProt)));
      ksmMapZeroPage(mm);
      mm.addMmCounter(Mm.MM_ANONPAGES, -1);
    } else {
      folios.folioGet(kpage);
      rmap.folioAddAnonRmapPtes(kpage, vma, addr);
      fresh = Pte.pfnPte(kpage, vma.vmPageProt);
    }
    var _ = table.getAndClear(at);
    table.set(at, fresh);
    rmap.folioRemoveRmapPtes(page, vma);
    if (!folios.folioMapped(page)) {
      var _ = swap.folioFreeSwap(page);
    }
    folios.folioPut(page);
    table.ptl.unlock();
    return true;
  }

  @PortedFrom("include/linux/ksm.h:ksm_map_zero_page")
  private void ksmMapZeroPage(Mm mm) {
    state.ksmZeroPages.incrementAndGet();
    mm.ksmZeroPages.incrementAndGet();
  }
}
