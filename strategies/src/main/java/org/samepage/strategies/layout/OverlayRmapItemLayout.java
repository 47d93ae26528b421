// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.layout;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;

/**
 * The page index lies over checksum, age and skips: 64 bytes, one cache line.
 *
 * <p>A stable item has none of the three. When it leaves the stable tree, or will not get there,
 * the word is zeroed: the item then starts young, and with no checksum, so that its page is merged
 * again one pass later than with the other layouts.
 */
@StrategySpec(
    name = "overlay",
    summary = "The page index over checksum, age and skips, zeroed afterwards; 64 bytes.",
    origin =
        "Linux 7.3, mm/ksm.c:ksm_rmap_item, commit a5650de0413f \"ksm: add linear_page_index into"
            + " ksm_rmap_item\"",
    cost = "64 bytes an item; a page that leaves the stable tree is looked at once more",
    tells = "telling/m9: pages merged again one pass later")
final class OverlayRmapItemLayout implements RmapItemLayout {
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
  public void resetPageIndex(KsmRmapItem item) {
    item.setAgeWord(0);
  }

  @Override
  public long pageIndex(KsmRmapItem item) {
    return item.ageWord();
  }

  @Override
  public boolean stableItemsHaveAge() {
    return false;
  }
}
