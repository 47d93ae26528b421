// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.scan;

import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;

import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/** One page of a large folio. */
final class SubPage {
  private SubPage() {}

  /**
   * The page that a huge entry maps at an address, if it is anonymous. Holds the entry's lock.
   *
   * <p>Each address of the entry gives another page of the folio: whoever forgets the offset gets
   * the first one 512 times.
   */
  @PortedFrom(value = "mm/ksm.c:ksm_next_page_pmd_entry", part = true)
  static int of(long pmd, VmArea vma, long addr, Folios folios, NormalPage normalPage) {
    if (!Pmd.pmdPresent(pmd)) {
      return Frames.NO_PAGE;
    }
    int first = normalPage.vmNormalPagePmd(vma, addr, pmd);
    if (first == Frames.NO_PAGE || !folios.folioTestAnon(folios.pageFolio(first))) {
      return Frames.NO_PAGE;
    }
    return first + (int) bytesToPages(addr & (PMD_SIZE - 1));
  }
}
