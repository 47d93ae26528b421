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

/** Asks about the VMAs that cover the page's index, which the item keeps since its merge. */
@StrategySpec(
    name = "pgoff-bounded",
    summary = "VMAs whose page offsets hold the index that the item keeps.",
    origin =
        "Linux 7.3, mm/ksm.c:rmap_walk_ksm, commit 96d2d9acef49; first in \"[PATCH v4 4/5] ksm:"
            + " Optimize rmap_walk_ksm by passing a suitable address range\"",
    cost = "2 * items * (log V + hits), and the index in each item",
    needs = "rmap-item-layout=separate|overlay",
    tells = "mremap-before-merge: with an rmap walk, rmap_iterations and ptes_found")
final class PgoffBoundedRmapWalkStrategy implements RmapWalkStrategy {
  private final RmapItemLayout layout;

  @Inject
  PgoffBoundedRmapWalkStrategy(RmapItemLayout layout) {
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
}
