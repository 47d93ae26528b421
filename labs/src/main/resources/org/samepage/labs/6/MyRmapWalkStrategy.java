// SPDX-License-Identifier: GPL-2.0-only
package student;

import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;

/** Says which VMAs of an anon_vma are asked about an item: all of them, as Linux did up to 7.2. */
@StrategySpec(
    name = "mine",
    summary = "All VMAs.",
    origin = "lab 6",
    needs = "rmap-item-layout=separate|overlay")
final class MyRmapWalkStrategy implements RmapWalkStrategy {
  @Override
  public long firstPgoff(KsmRmapItem item) {
    return 0;
  }

  @Override
  public long lastPgoff(KsmRmapItem item) {
    return -1; // unsigned: the last there can be
  }
}
