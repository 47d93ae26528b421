// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.rmapwalk;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.StrategySpec;

/** Asks about the VMAs that cover the page's index, which the item keeps since its merge. */
@StrategySpec(
    name = "pgoff-bounded",
    summary = "VMAs whose page offsets hold the index that the item keeps.",
    origin =
        "Linux 7.3, mm/ksm.c:rmap_walk_ksm, commit 96d2d9acef49; first in \"[PATCH v4 4/5] ksm:"
            + " Optimize rmap_walk_ksm by passing a suitable address range\"",
    cost = "2 * items * (log V + hits), as address-bounded, and the index in each item",
    needs = "rmap-item-layout=separate|overlay",
    tells = "telling/m2: ptes_found; telling/m6: rmap_iterations")
final class PgoffBoundedRmapWalkStrategy extends PgoffQuery {
  @Inject
  PgoffBoundedRmapWalkStrategy(RmapItemLayout layout) {
    super(layout);
  }
}
