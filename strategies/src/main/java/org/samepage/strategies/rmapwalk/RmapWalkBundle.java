// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.rmapwalk;

import java.util.List;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;

/** The rmap-walk strategies. */
public final class RmapWalkBundle extends StrategyBundle {
  public RmapWalkBundle() {
    super(
        List.of(
            new Offer<>(RmapWalkStrategy.class, FullRangeRmapWalkStrategy.class),
            new Offer<>(RmapWalkStrategy.class, AddressBoundedRmapWalkStrategy.class),
            new Offer<>(RmapWalkStrategy.class, AddressBoundedFallbackRmapWalkStrategy.class),
            new Offer<>(RmapWalkStrategy.class, PgoffBoundedRmapWalkStrategy.class),
            new Offer<>(RmapWalkStrategy.class, PgoffBoundedFallbackRmapWalkStrategy.class)));
  }
}
