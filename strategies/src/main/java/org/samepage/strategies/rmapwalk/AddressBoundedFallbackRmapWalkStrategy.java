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
 * As {@code address-bounded}; where that finds fewer entries than map the page, a second walk asks
 * about all other VMAs.
 */
@StrategySpec(
    name = "address-bounded-fallback",
    summary = "As address-bounded; a second walk over the rest where entries are missing.",
    origin =
        "proposed in the review of \"[PATCH v3 2/2] ksm: Optimize rmap_walk_ksm by passing a"
            + " suitable address range\", April 2026: count the entries found, fall back when"
            + " short",
    cost = "2 * items * (log V + hits); where short, that of full-range besides",
    tells = "mremap-before-merge: with an rmap walk, rmap_second_passes")
final class AddressBoundedFallbackRmapWalkStrategy implements RmapWalkStrategy {
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

  @Override
  public boolean fallsBack() {
    return true;
  }
}
