// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.rmap.split;

import org.samepage.mm.phys.DeferredSplitQueue;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Splits the large folios of which some pages are mapped no more: what a shrinker does. */
public final class DeferredSplitScan {
  private final Folios folios;
  private final SplitFolio splitFolio;

  public DeferredSplitScan(Folios folios, SplitFolio splitFolio) {
    this.folios = folios;
    this.splitFolio = splitFolio;
  }

  /**
   * Goes once through those that wait.
   *
   * @return how many were split; the others wait on
   */
  @PortedFrom(
      value = "mm/huge_memory.c:deferred_split_scan",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "all of the queue; no folios that are merely underused")
  public int deferredSplitScan() {
    DeferredSplitQueue queue = folios.deferredSplit();
    int split = 0;
    for (int left = queue.length(); left > 0; left--) {
      int folio = queue.takeFirst(folios);
      if (folio == Frames.NO_PAGE) {
        break;
      }
      boolean done = false;
      if (folios.folioTrylock(folio)) {
        done = splitFolio.splitFolio(folio) == 0;
        folios.folioUnlock(folio);
      }
      if (done) {
        split++;
      } else {
        queue.deferredSplitFolio(folio);
      }
      folios.folioPut(folio);
    }
    return split;
  }
}
