// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/page_alloc.c and mm/huge_memory.c.
package org.samepage.mm.phys;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;

/** Makes one folio of many pages, and many of one. */
public final class CompoundPages {
  private CompoundPages() {}

  @PortedFrom(
      value = {"mm/page_alloc.c:prep_compound_page", "mm/huge_memory.c:page_rmappable_folio"},
      fidelity = Fidelity.ADAPTED,
      differs = "of one page too; sets the reference; takes what an allocation that failed returns")
  static int prepCompoundPage(Frames frames, int folio, int order) {
    if (folio == Frames.NO_PAGE) {
      return folio;
    }
    if (order != 0) {
      frames.setFlag(folio, PageFlags.PG_HEAD);
      for (int page = folio + 1; page < folio + (1 << order); page++) {
        frames.setFlag(page, PageFlags.PG_TAIL);
      }
      frames.setLargeMapcountRaw(folio, -1);
      frames.setEntireMapcountRaw(folio, -1);
      frames.setMmIdMapcountRaw(folio, 0, -1);
      frames.setMmIdMapcountRaw(folio, 1, -1);
    }
    frames.setRefcount(folio, 1);
    return folio;
  }

  /**
   * Makes a folio of each page of a large one: all locked, and with one reference of the caller's
   * each, as if each had been the caller's alone.
   *
   * @param folio locked, not mapped, its references frozen, not in the swap cache
   * @param isolated whether the caller has it isolated; then it has each page, with one reference
   *     more to all but the first
   */
  @PortedFrom(
      value = {
        "mm/huge_memory.c:__split_unmapped_folio",
        "mm/huge_memory.c:__split_folio_to_order",
        "mm/huge_memory.c:lru_add_split_folio"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous folios, to single pages; unfreezes the references too")
  public static void splitUnmappedFolioRaw(
      Folios folios, Sched sched, int folio, boolean isolated) {
    Frames frames = folios.frames();
    long index = frames.index(folio);
    FolioMapping mapping = frames.mapping(folio);
    int flags =
        (frames.flags(folio) & PageFlags.KEPT_BY_SPLIT) | (isolated ? PageFlags.PG_ISOLATED : 0);
    for (int page = folio + HPAGE_PMD_NR - 1; page >= folio; page--) {
      frames.resetFlags(page, flags);
      frames.setMapping(page, mapping);
      frames.setIndex(page, index + page - folio);
      folios.folioRefUnfreeze(page, isolated && page != folio ? 2 : 1);
      if (page != folio) {
        if (!isolated && (flags & PageFlags.PG_UNEVICTABLE) != 0) {
          frames.setMlockCount(page, 0);
        }
        sched.acquired(LockClass.FOLIO_LOCK, folios, page);
      }
    }
  }
}
