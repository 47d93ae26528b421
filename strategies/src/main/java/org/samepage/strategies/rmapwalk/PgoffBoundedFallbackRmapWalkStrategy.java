// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.rmapwalk;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.StrategySpec;

/** As {@code pgoff-bounded}, with the second walk of {@code address-bounded-fallback} as a net. */
@StrategySpec(
    name = "pgoff-bounded-fallback",
    summary = "As pgoff-bounded; a second walk over the rest where entries are missing.",
    origin =
        "ours: the fallback proposed for address-bounded, under the index of \"[PATCH v4 0/5] KSM:"
            + " Optimizations for rmap_walk_ksm\"",
    cost = "as pgoff-bounded; where short, that of full-range besides",
    needs = "rmap-item-layout=separate|overlay",
    tells = "telling/m2: rmap_second_passes, fewer than those of address-bounded-fallback")
final class PgoffBoundedFallbackRmapWalkStrategy extends PgoffQuery {
  @Inject
  PgoffBoundedFallbackRmapWalkStrategy(RmapItemLayout layout) {
    super(layout);
  }

  @Override
  public boolean fallsBack() {
    return true;
  }
}
