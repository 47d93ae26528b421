// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.rmapwalk;

import org.samepage.ksm.spi.StrategySpec;

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
    cost =
        "2 * items * (log V + hits), as address-bounded; where short, that of full-range besides",
    tells = "telling/m2: rmap_second_passes")
final class AddressBoundedFallbackRmapWalkStrategy extends AddressQuery {
  @Override
  public boolean fallsBack() {
    return true;
  }
}
