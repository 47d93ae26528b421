// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.scan;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;

import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** The loop over the VMAs of an mm, for strategies that look for pages in one VMA at a time. */
abstract class VmaByVmaScan implements ScanStrategy {
  @Override
  @PortedFrom(
      value = "mm/ksm.c:scan_get_next_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "the loop over the VMAs alone; starts again from the cursor's address at each call")
  public final boolean nextPage(Mm mm, KsmScan cursor, ScanHit hit) {
    for (int i = mm.vmas.positionOf(cursor.address); i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      if (!vma.has(VmFlags.VM_MERGEABLE)) {
        continue;
      }
      cursor.address = Math.max(cursor.address, vma.vmStart);
      if (vma.anonVma == null) {
        cursor.address = vma.vmEnd;
      }
      boolean exits = seesExit() && ksmTestExit(mm);
      if (cursor.address < vma.vmEnd && !exits && nextPageOf(vma, cursor, hit)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the loop asks, before it looks into a VMA, if the process has begun to exit. */
  boolean seesExit() {
    return true;
  }

  /**
   * As {@link #nextPage}, within one VMA; without a candidate the cursor is left at the VMA's end.
   *
   * @param cursor its address is in the VMA
   */
  abstract boolean nextPageOf(VmArea vma, KsmScan cursor, ScanHit hit);
}
