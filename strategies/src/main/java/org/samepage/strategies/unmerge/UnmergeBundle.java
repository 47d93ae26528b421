// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.unmerge;

import java.util.List;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;

/** The unmerge strategies. */
public final class UnmergeBundle extends StrategyBundle {
  public UnmergeBundle() {
    super(
        List.of(
            new Offer<>(UnmergeStrategy.class, PerAddressUnmergeStrategy.class),
            new Offer<>(UnmergeStrategy.class, RangeWalkUnmergeStrategy.class)));
  }
}
