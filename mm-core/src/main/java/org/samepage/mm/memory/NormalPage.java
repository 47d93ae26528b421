// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.mm.memory;

import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.Pud;
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
  @PortedFrom("mm/memory.c:vm_normal_page")
  public int vmNormalPage(VmArea vma, long addr, long pte) {
    return vmNormalPageRaw(vma, addr, Pte.ptePfn(pte), Pte.pteSpecial(pte), pte, "pte");
  }

  /** As {@link #vmNormalPage}, of a <em>present</em> huge entry of 2 MiB: its first page. */
  @PortedFrom("mm/memory.c:vm_normal_page_pmd")
  public int vmNormalPagePmd(VmArea vma, long addr, long pmd) {
    return vmNormalPageRaw(vma, addr, Pmd.pmdPfn(pmd), Pmd.pmdSpecial(pmd), pmd, "pmd");
  }

  /** As {@link #vmNormalPage}, of a <em>present</em> huge entry of 1 GiB: its first page. */
  @PortedFrom("mm/memory.c:vm_normal_page_pud")
  public int vmNormalPagePud(VmArea vma, long addr, long pud) {
    return vmNormalPageRaw(vma, addr, Pud.pudPfn(pud), Pud.pudSpecial(pud), pud, "pud");
  }

  @PortedFrom(
      value = "mm/memory.c:__vm_normal_page",
      fidelity = Fidelity.SIMPLIFIED,
      differs =
          "no find_normal_page operation; highest_memmap_pfn is the machine's last frame; a frame"
              + " that was never used is no page")
  private int vmNormalPageRaw(
      VmArea vma, long addr, long pfn, boolean special, long entry, String level) {
    if (special) {
      if (!vma.has(VmFlags.VM_PFNMAP | VmFlags.VM_MIXEDMAP)
          && !Folios.isZeroPfn(pfn)
          && !frames.isHugeZeroPfn(pfn)) {
        badPageMap.printBadPageMap(vma, addr, entry, level);
      }
      return Frames.NO_PAGE;
    }
    if (pfn >= frames.endPfn()) {
      badPageMap.printBadPageMap(vma, addr, entry, level);
      return Frames.NO_PAGE;
    }
    return frames.pfnValid(pfn) ? (int) pfn : Frames.NO_PAGE;
  }

  /** The first page of the folio that a page belongs to. */
  public int folioOf(int page) {
    return frames.compoundHead(page);
  }

  /** Whether a huge entry of 2 MiB maps the shared huge page of zeros. */
  @PortedFrom("include/linux/huge_mm.h:is_huge_zero_pmd")
  public boolean isHugeZeroPmd(long pmd) {
    return Pmd.pmdPresent(pmd) && frames.isHugeZeroPfn(Pmd.pmdPfn(pmd));
  }
}
