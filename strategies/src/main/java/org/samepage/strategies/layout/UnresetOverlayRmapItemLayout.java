// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.layout;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;

/**
 * The overlay as it was first proposed: nobody zeroes the index, and smart scan reads it as an age.
 *
 * <p>Bits 32 to 39 of the index are the age, 40 to 47 the skips: an address from 16 TiB on gives an
 * item an age that it never earned, and smart scan then adds one to the index of a stable item.
 */
@StrategySpec(
    name = "overlay-unreset",
    summary = "The page index over checksum, age and skips, left there afterwards; 64 bytes.",
    origin =
        "the overlay as first proposed in the thread of \"[PATCH v3 2/2] ksm: Optimize"
            + " rmap_walk_ksm by passing a suitable address range\", April 2026, before its resets",
    cost = "64 bytes an item",
    knownFaults = {
      "An item that leaves the stable tree reads its page index as age and skips: it is passed over"
          + " without having earned it.",
      "Smart scan counts up the age of a stable item whose page was written, which is its index."
    },
    tells =
        "none: pages_skipped of a page that was written after its merge, at 16 TiB or above; the "
            + "test OverlayResetsTest shows it")
final class UnresetOverlayRmapItemLayout implements RmapItemLayout {
  private static final int BYTES = 64;

  @Override
  public int rmapItemSize() {
    return BYTES;
  }

  @Override
  public void storePageIndex(KsmRmapItem item, long index) {
    item.setAgeWord(index);
  }

  @Override
  public long pageIndex(KsmRmapItem item) {
    return item.ageWord();
  }
}
