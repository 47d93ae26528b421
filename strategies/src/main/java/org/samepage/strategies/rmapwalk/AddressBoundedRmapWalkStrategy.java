// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.rmapwalk;

import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;

/**
 * Asks about the VMAs that cover the address's own page number, which is the page's index only
 * where nothing was moved since its first fault, and no file lies below.
 */
@StrategySpec(
    name = "address-bounded",
    summary = "VMAs whose page offsets hold the number of the item's address.",
    origin =
        "\"[PATCH v3 2/2] ksm: Optimize rmap_walk_ksm by passing a suitable address range\","
            + " in mm-unstable for a while, never merged",
    cost = "2 * items * (log V + hits)",
    knownFaults =
        "Misses pages that mremap moved before they were merged, and pages of private files: such a"
            + " page can be neither migrated nor reclaimed.",
    tells = "mremap-before-merge: with an rmap walk, ptes_found")
final class AddressBoundedRmapWalkStrategy implements RmapWalkStrategy {
  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the lower bound of its query")
  public long firstPgoff(KsmRmapItem item) {
    return PageUnits.bytesToPages(item.pageAddress());
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the upper bound of its query")
  public long lastPgoff(KsmRmapItem item) {
    return PageUnits.bytesToPages(item.pageAddress());
  }
}
