// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.rmapwalk;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** As {@code pgoff-bounded}, with the second walk of {@code address-bounded-fallback} as a net. */
@StrategySpec(
    name = "pgoff-bounded-fallback",
    summary = "As pgoff-bounded; a second walk over the rest where entries are missing.",
    origin =
        "ours: the fallback proposed for address-bounded, under the index of \"[PATCH v4 0/5] KSM:"
            + " Optimizations for rmap_walk_ksm\"",
    cost =
        "2 * items * (log V + hits), and the index in each item; where short, full-range besides",
    needs = "rmap-item-layout=separate|overlay",
    tells = "none: rmap_second_passes of a page that is mapped where no item says so")
final class PgoffBoundedFallbackRmapWalkStrategy implements RmapWalkStrategy {
  private final RmapItemLayout layout;

  @Inject
  PgoffBoundedFallbackRmapWalkStrategy(RmapItemLayout layout) {
    this.layout = layout;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the lower bound of its query")
  public long firstPgoff(KsmRmapItem item) {
    return layout.pageIndex(item);
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the upper bound of its query")
  public long lastPgoff(KsmRmapItem item) {
    return layout.pageIndex(item);
  }

  @Override
  public boolean fallsBack() {
    return true;
  }
}
