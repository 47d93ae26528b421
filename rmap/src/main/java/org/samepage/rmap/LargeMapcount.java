// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/rmap.h.
package org.samepage.rmap;

import static org.samepage.mm.phys.Frames.MM_IDS_SHARED;

import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * Counts all mappings of a large folio, and in two slots those of two address spaces.
 *
 * <p>While one slot has all mappings, the folio is not shared. The mark of sharing may outlast it:
 * a third address space is in no slot.
 */
final class LargeMapcount {
  private static final int MM_ID_DUMMY = 0;
  private static final int LOCKED = 1 << 31;
  private static final int SLOTS = 2;

  private final Frames frames;

  LargeMapcount(Frames frames) {
    this.frames = frames;
  }

  /** The first mappings of a new folio, which nobody else can see. */
  @PortedFrom("include/linux/rmap.h:folio_set_large_mapcount")
  void folioSetLargeMapcount(int folio, int mapcount, VmArea vma) {
    frames.setLargeMapcountRaw(folio, mapcount - 1);
    frames.setMmIdMapcountRaw(folio, 0, mapcount - 1);
    frames.setMmId(folio, 0, vma.vmMm.mmId());
  }

  @PortedFrom(
      value = "include/linux/rmap.h:folio_add_return_large_mapcount",
      fidelity = Fidelity.ADAPTED,
      differs = "nobody asks for the new count")
  void folioAddReturnLargeMapcount(int folio, int diff, VmArea vma) {
    int mmId = vma.vmMm.mmId();
    folioLockLargeMapcount(folio);
    int mapcount = frames.largeMapcountRaw(folio) + diff;
    frames.setLargeMapcountRaw(folio, mapcount);
    int slot = slotOf(folio, mmId);
    if (slot < SLOTS) {
      frames.setMmIdMapcountRaw(folio, slot, frames.mmIdMapcountRaw(folio, slot) + diff);
    } else {
      slot = slotOf(folio, MM_ID_DUMMY);
      if (slot < SLOTS) {
        frames.setMmId(folio, slot, mmId);
        frames.setMmIdMapcountRaw(folio, slot, diff - 1);
        if (slot == 1 || mapcount != diff - 1) {
          frames.setMmIds(folio, frames.mmIds(folio) | MM_IDS_SHARED);
        }
      }
    }
    folioUnlockLargeMapcount(folio);
  }

  @PortedFrom(
      value = "include/linux/rmap.h:folio_sub_return_large_mapcount",
      fidelity = Fidelity.ADAPTED,
      differs = "nobody asks for the new count")
  void folioSubReturnLargeMapcount(int folio, int diff, VmArea vma) {
    folioLockLargeMapcount(folio);
    int mapcount = frames.largeMapcountRaw(folio) - diff;
    frames.setLargeMapcountRaw(folio, mapcount);
    int slot = slotOf(folio, vma.vmMm.mmId());
    boolean slotEmptied = true;
    if (slot < SLOTS) {
      int own = frames.mmIdMapcountRaw(folio, slot) - diff;
      slotEmptied = own < 0;
      frames.setMmIdMapcountRaw(folio, slot, Math.max(own, -1));
      if (slotEmptied) {
        frames.setMmId(folio, slot, MM_ID_DUMMY);
      }
    }
    if (slotEmptied
        && (frames.mmIdMapcountRaw(folio, 0) == mapcount
            || frames.mmIdMapcountRaw(folio, 1) == mapcount)) {
      frames.setMmIds(folio, frames.mmIds(folio) & ~MM_IDS_SHARED);
    }
    folioUnlockLargeMapcount(folio);
  }

  private int slotOf(int folio, int mmId) {
    return frames.mmId(folio, 0) == mmId ? 0 : frames.mmId(folio, 1) == mmId ? 1 : SLOTS;
  }

  @PortedFrom("include/linux/rmap.h:folio_lock_large_mapcount")
  private void folioLockLargeMapcount(int folio) {
    for (int ids = frames.mmIds(folio);
        (ids & LOCKED) != 0 || !frames.casMmIds(folio, ids, ids | LOCKED);
        ids = frames.mmIds(folio)) {
      Thread.onSpinWait();
    }
  }

  @PortedFrom("include/linux/rmap.h:folio_unlock_large_mapcount")
  private void folioUnlockLargeMapcount(int folio) {
    frames.setMmIds(folio, frames.mmIds(folio) & ~LOCKED);
  }
}
