// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.tree;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.FolioWalk;

/** From an item back to what is mapped at its address now. */
public final class MergeableVmas {
  private final Folios folios;
  private final FolioWalk folioWalk;

  public MergeableVmas(Folios folios, FolioWalk folioWalk) {
    this.folios = folios;
    this.folioWalk = folioWalk;
  }

  /** The mergeable VMA with an anon_vma that covers an address. Holds mmap_lock. */
  @PortedFrom("mm/ksm.c:find_mergeable_vma")
  public static @Nullable VmArea findMergeableVma(Mm mm, long addr) {
    if (KsmSlots.ksmTestExit(mm)) {
      return null;
    }
    VmArea vma = mm.vmas.vmaLookup(addr);
    return vma == null || !vma.has(VmFlags.VM_MERGEABLE) || vma.anonVma == null ? null : vma;
  }

  /**
   * The anonymous page at an item's address.
   *
   * @return the page with a reference, or {@link Frames#NO_PAGE}
   */
  @PortedFrom("mm/ksm.c:get_mergeable_page")
  public int getMergeablePage(KsmRmapItem item) {
    Mm mm = item.mm;
    long addr = item.pageAddress();
    int page = Frames.NO_PAGE;
    mm.mmapLock.readLock();
    VmArea vma = findMergeableVma(mm, addr);
    if (vma != null) {
      int folio = folioWalk.folioWalkStart(vma, addr, 0);
      if (folio != Frames.NO_PAGE) {
        if (folios.folioTestAnon(folio)) {
          folios.folioGet(folio);
          page = folioWalk.page;
        }
        folioWalk.folioWalkEnd();
      }
    }
    mm.mmapLock.readUnlock();
    return page;
  }
}
