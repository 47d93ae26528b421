// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.layout;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.StrategySpec;

/** No page index in the item: 64 bytes, one cache line. */
@StrategySpec(
    name = "none",
    summary = "No page index in the item; 64 bytes.",
    origin = "Linux up to 7.2, mm/ksm.c:ksm_rmap_item",
    cost = "64 bytes an item",
    tells = "telling/m9: pages merged again in the pass that meets them again")
final class NoneRmapItemLayout implements RmapItemLayout {
  private static final int BYTES = 64;

  @Override
  public int rmapItemSize() {
    return BYTES;
  }
}
