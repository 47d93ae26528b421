// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.layout;

import java.util.List;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;

/** The layouts of an rmap_item. */
public final class LayoutBundle extends StrategyBundle {
  public LayoutBundle() {
    super(
        List.of(
            new Offer<>(RmapItemLayout.class, NoneRmapItemLayout.class),
            new Offer<>(RmapItemLayout.class, SeparateRmapItemLayout.class),
            new Offer<>(RmapItemLayout.class, OverlayRmapItemLayout.class),
            new Offer<>(RmapItemLayout.class, UnresetOverlayRmapItemLayout.class)));
  }
}
