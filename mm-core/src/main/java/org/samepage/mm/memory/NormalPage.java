// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.mm.memory;

import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Finds the page that an entry maps, unless it is one that the VM does not look after. */
public final class NormalPage {
  private final Frames frames;
  private final BadPageMap badPageMap;

  public NormalPage(Frames frames, BadPageMap badPageMap) {
    this.frames = frames;
    this.badPageMap = badPageMap;
  }

  /**
   * The page behind a <em>present</em> entry.
   *
   * <p>It does not check that: a walker that hands it a guard marker or a swap entry gets a Bad
   * page map report, as on Linux.
   *
   * @return its pfn, or {@link Frames#NO_PAGE} for the zero page and for what is no normal page
   */
  @PortedFrom(
      value = {"mm/memory.c:vm_normal_page", "mm/memory.c:__vm_normal_page"},
      fidelity = Fidelity.SIMPLIFIED,
      differs =
          "no find_normal_page operation; highest_memmap_pfn is the machine's last frame; a frame"
              + " that was never used is no page")
  public int vmNormalPage(VmArea vma, long addr, long pte) {
    long pfn = Pte.ptePfn(pte);
    if (Pte.pteSpecial(pte)) {
      if (!vma.has(VmFlags.VM_PFNMAP | VmFlags.VM_MIXEDMAP) && !Folios.isZeroPfn(pfn)) {
        badPageMap.printBadPageMap(vma, addr, pte);
      }
      return Frames.NO_PAGE;
    }
    if (pfn >= frames.endPfn()) {
      badPageMap.printBadPageMap(vma, addr, pte);
      return Frames.NO_PAGE;
    }
    return frames.pfnValid(pfn) ? (int) pfn : Frames.NO_PAGE;
  }
}
