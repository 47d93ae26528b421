// SPDX-License-Identifier: GPL-2.0-only
package student;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;

@StrategySpec(
    name = "mine",
    summary = "The VMAs that hold the page's index.",
    origin = "lab 6",
    needs = "rmap-item-layout=separate|overlay")
final class MyRmapWalkStrategy implements RmapWalkStrategy {
  private final RmapItemLayout layout;

  @Inject
  MyRmapWalkStrategy(RmapItemLayout layout) {
    this.layout = layout;
  }

  @Override
  public long firstPgoff(KsmRmapItem item) {
    return layout.pageIndex(item);
  }

  @Override
  public long lastPgoff(KsmRmapItem item) {
    return layout.pageIndex(item);
  }
}
