// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mlock.c and mm/internal.h.
package org.samepage.rmap;

import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/**
 * Marks folios that VMAs have locked in memory.
 *
 * <p>How often one is locked is counted, but only while nobody has it isolated: the count may be
 * too low, and a folio be taken for evictable that is still locked somewhere. Who reclaims finds
 * that by its mappings, and marks it again.
 */
public final class MlockedFolios {
  private final Folios folios;
  private final Frames frames;

  public MlockedFolios(Folios folios) {
    this.folios = folios;
    this.frames = folios.frames();
  }

  /** A VMA maps a folio now. Holds the entry's lock. */
  @PortedFrom("mm/internal.h:mlock_vma_folio")
  public void mlockVmaFolio(int folio, VmArea vma) {
    if (isLocked(vma)) {
      mlockFolio(folio);
    }
  }

  /** A VMA maps a folio, or a part of it, no more. Holds the entry's lock. */
  @PortedFrom("mm/internal.h:munlock_vma_folio")
  public void munlockVmaFolio(int folio, VmArea vma) {
    if (vma.has(VmFlags.VM_LOCKED)) {
      munlockFolio(folio);
    }
  }

  /** A new folio that a VMA maps. */
  @PortedFrom(
      value = {
        "mm/swap.c:folio_add_lru_vma",
        "mm/mlock.c:mlock_new_folio",
        "mm/mlock.c:__mlock_new_folio"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "no lists and batches of CPUs, only the flags and the count")
  void folioAddLruVma(int folio, VmArea vma) {
    if (isLocked(vma)) {
      frames.setMlockCount(folio, 1);
      frames.setFlag(folio, PageFlags.PG_MLOCKED | PageFlags.PG_UNEVICTABLE);
    }
  }

  /** While mlock is at work on a VMA, that is special: nothing is to be counted twice. */
  private static boolean isLocked(VmArea vma) {
    return (vma.vmFlags & (VmFlags.VM_LOCKED | VmFlags.VM_SPECIAL)) == VmFlags.VM_LOCKED;
  }

  /** Locks a folio in memory once more. */
  @PortedFrom(
      value = {"mm/mlock.c:mlock_folio", "mm/mlock.c:__mlock_folio"},
      fidelity = Fidelity.ADAPTED,
      differs = "no lists and batches of CPUs, only the flags and the count")
  public void mlockFolio(int folio) {
    frames.setFlag(folio, PageFlags.PG_MLOCKED);
    if (!folios.folioTestClearLru(folio)) {
      return;
    }
    if (folios.folioEvictable(folio)) {
      frames.clearFlag(folio, PageFlags.PG_UNEVICTABLE); // somebody was quicker with munlock
    } else if (folios.folioTestUnevictable(folio)) {
      frames.setMlockCount(folio, frames.mlockCount(folio) + 1);
    } else {
      frames.clearFlag(folio, PageFlags.PG_ACTIVE);
      frames.setFlag(folio, PageFlags.PG_UNEVICTABLE);
      frames.setMlockCount(folio, 1);
    }
    folios.folioSetLru(folio);
  }

  /** Locks a folio in memory once less. */
  @PortedFrom(
      value = {"mm/mlock.c:munlock_folio", "mm/mlock.c:__munlock_folio"},
      fidelity = Fidelity.ADAPTED,
      differs = "no lists and batches of CPUs, only the flags and the count")
  public void munlockFolio(int folio) {
    boolean isolated = folios.folioTestClearLru(folio);
    if (isolated && folios.folioTestUnevictable(folio)) {
      int left = Math.max(0, frames.mlockCount(folio) - 1);
      frames.setMlockCount(folio, left);
      if (left > 0) {
        folios.folioSetLru(folio);
        return;
      }
    }
    frames.clearFlag(folio, PageFlags.PG_MLOCKED);
    if (isolated) {
      if (folios.folioEvictable(folio)) {
        frames.clearFlag(folio, PageFlags.PG_UNEVICTABLE);
      }
      folios.folioSetLru(folio);
    }
  }
}
