// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalkControl;

/**
 * Looks for the entries of a page as try_to_unmap does, and ends where that would, but leaves them:
 * so that the same walk can be timed many times.
 */
final class FindAll extends RmapWalkControl {
  private final PageVmaMappedWalk pvmw;
  private final int mapped;
  private int found;

  /**
   * Looks for all entries.
   *
   * @param mapped how many there are
   */
  FindAll(Folios folios, int mapped) {
    this.pvmw = new PageVmaMappedWalk(folios, SwapTypes.REFERENCE);
    this.mapped = mapped;
  }

  @Override
  public boolean rmapOne(int folio, VmArea vma, long addr) {
    if (pvmw.defineFolioVmaWalk(folio, vma, addr, 0).pageVmaMappedWalk()) {
      pvmw.pageVmaMappedWalkDone();
      found++;
    }
    return true;
  }

  @Override
  public boolean done(int folio) {
    return found == mapped;
  }
}
