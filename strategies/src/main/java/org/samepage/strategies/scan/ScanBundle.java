// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.scan;

import java.util.List;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;

/** The scan strategies. */
public final class ScanBundle extends StrategyBundle {
  public ScanBundle() {
    super(
        List.of(
            new Offer<>(ScanStrategy.class, PerAddressScanStrategy.class),
            new Offer<>(ScanStrategy.class, RangeWalkV3ScanStrategy.class),
            new Offer<>(ScanStrategy.class, RangeWalkReworkScanStrategy.class),
            new Offer<>(ScanStrategy.class, RangeWalkV5ScanStrategy.class),
            new Offer<>(ScanStrategy.class, RangeWalkMmScanStrategy.class)));
  }
}
