// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.rmapwalk;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Asks about the page index that an item keeps since its merge. */
abstract class PgoffQuery implements RmapWalkStrategy {
  private final RmapItemLayout layout;

  PgoffQuery(RmapItemLayout layout) {
    this.layout = layout;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the lower bound of its query")
  // tag::by-index[]
  public final long firstPgoff(KsmRmapItem item) {
    return layout.pageIndex(item);
  }

  // end::by-index[]

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the upper bound of its query")
  public final long lastPgoff(KsmRmapItem item) {
    return layout.pageIndex(item);
  }
}
