// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.rmapwalk;

import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;

/** Asks about the number of the page that an item's address is in. */
abstract class AddressQuery implements RmapWalkStrategy {
  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the lower bound of its query")
  // tag::by-address[]
  public final long firstPgoff(KsmRmapItem item) {
    return PageUnits.bytesToPages(item.pageAddress());
  }

  // end::by-address[]

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the upper bound of its query")
  public final long lastPgoff(KsmRmapItem item) {
    return PageUnits.bytesToPages(item.pageAddress());
  }
}
