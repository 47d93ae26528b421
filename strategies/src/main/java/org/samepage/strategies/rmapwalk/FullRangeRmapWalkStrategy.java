// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.rmapwalk;

import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Asks about every VMA of the anon_vma: always right, and as slow as the anon_vma is large. */
@StrategySpec(
    name = "full-range",
    summary = "Every VMA of the item's anon_vma.",
    origin = "Linux up to 7.2, mm/ksm.c:rmap_walk_ksm",
    cost = "2 * items * V: all VMAs of the anon_vma, for each item and pass",
    tells = "telling/m6: rmap_iterations")
final class FullRangeRmapWalkStrategy implements RmapWalkStrategy {
  /** Unsigned: the last page offset there can be. */
  private static final long ULONG_MAX = -1L;

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the lower bound of its query")
  public long firstPgoff(KsmRmapItem item) {
    return 0;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:rmap_walk_ksm",
      fidelity = Fidelity.ADAPTED,
      differs = "the upper bound of its query")
  public long lastPgoff(KsmRmapItem item) {
    return ULONG_MAX;
  }
}
