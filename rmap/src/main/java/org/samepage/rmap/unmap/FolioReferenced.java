// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c.
package org.samepage.rmap.unmap;

import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.MlockedFolios;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalk;
import org.samepage.rmap.RmapWalkControl;

/** Asks which mappings of a folio were used lately, and forgets it. */
public final class FolioReferenced {
  /** Flags of madvise that say that use in the past tells nothing. */
  private static final long NO_RECENCY = VmFlags.VM_SEQ_READ | VmFlags.VM_RAND_READ;

  private final Sched sched;
  private final Folios folios;
  private final RmapWalk walk;
  private final SwapTypes types;
  private final MlockedFolios mlocked;

  public FolioReferenced(Sched sched, Folios folios, RmapWalk walk, SwapTypes types) {
    this.sched = sched;
    this.folios = folios;
    this.walk = walk;
    this.types = types;
    this.mlocked = new MlockedFolios(folios);
  }

  /**
   * What was found.
   *
   * @param count mappings that were used; -1 where a lock was taken, or the folio's only user exits
   * @param vmFlags the flags of the VMAs that they are in, together
   */
  public record Result(int count, long vmFlags) {}

  /**
   * Counts the mappings that were used.
   *
   * @param isLocked whether the caller has the folio lock; else, where somebody else has it, the
   *     answer is one
   */
  @PortedFrom(
      value = "mm/rmap.c:folio_referenced",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no memcg")
  public Result folioReferenced(int folio, boolean isLocked) {
    if (!folios.folioMapped(folio) || folios.folioRawMapping(folio) == null) {
      return new Result(0, 0);
    }
    if (!isLocked && !folios.folioTrylock(folio)) {
      return new Result(1, 0);
    }
    Control rwc = new Control(folios.folioMapcount(folio));
    walk.rmapWalk(folio, rwc);
    if (!isLocked) {
      folios.folioUnlock(folio);
    }
    return new Result(rwc.contended ? -1 : rwc.referenced, rwc.vmFlags);
  }

  private final class Control extends RmapWalkControl {
    private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk(folios, types);
    private int mapcount;
    private int referenced;
    private long vmFlags;

    Control(int mapcount) {
      this.mapcount = mapcount;
      this.anonLock = true;
      this.tryLock = true;
    }

    @Override
    @PortedFrom(
        value = "mm/rmap.c:folio_referenced_one",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no idle flags, no MMU notifiers, no OOM killer, no lists of generations")
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      boolean used = false;
      int locked = 0;
      pvmw.defineFolioVmaWalk(folio, vma, addr, 0);
      while (pvmw.pageVmaMappedWalk()) {
        sched.current().work.ptesFound++;
        if (vma.has(VmFlags.VM_LOCKED)) {
          mapcount--;
          locked++;
          // that a VMA has it locked, only one that has all of it in one table says for all of it
          if ((!pvmw.isPmd() && locked != folios.folioNrPages(folio))
              || (pvmw.flags() & PageVmaMappedWalk.PVMW_PGTABLE_CROSSED) != 0) {
            continue;
          }
          mlocked.mlockVmaFolio(folio, vma); // that was missed
          pvmw.pageVmaMappedWalkDone();
          vmFlags |= VmFlags.VM_LOCKED;
          return false;
        }
        if (vma.vmMm.mmUsers.get() == 0
            && folios.folioTestAnon(folio)
            && folios.folioTestSwapbacked(folio)
            && !folios.folioMaybeMappedShared(folio)) {
          referenced = -1;
          pvmw.pageVmaMappedWalkDone();
          return false;
        }
        long pte = pvmw.pte();
        if (Pte.pteYoung(pte)) {
          pvmw.table().set(pvmw.index(), Pte.pteMkold(pte));
          used = true;
        }
        mapcount--;
      }
      if (used) {
        referenced++;
        vmFlags |= vma.vmFlags & ~VmFlags.VM_LOCKED;
      }
      return mapcount != 0;
    }

    @Override
    @PortedFrom(
        value = {
          "mm/rmap.c:invalid_folio_referenced_vma",
          "include/linux/mm_inline.h:vma_has_recency"
        },
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no memcg; files are not opened with advice",
        part = true)
    public boolean invalidVma(VmArea vma) {
      return vma.has(NO_RECENCY);
    }
  }
}
