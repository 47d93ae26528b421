// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.layout;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.vma.Mm;

/** The page index in a field of its own: nothing else changes, and an item grows by 8 bytes. */
@StrategySpec(
    name = "separate",
    summary = "The page index in a field of its own; 72 bytes.",
    origin =
        "\"[PATCH v4 3/5] ksm: add vm_pgoff into ksm_rmap_item\" of \"KSM: Optimizations for"
            + " rmap_walk_ksm\", posted 2026-05-03",
    cost = "72 bytes an item: two cache lines, and less profit",
    tells = "merge-basic: general_profit, lower by 8 bytes an item")
final class SeparateRmapItemLayout implements RmapItemLayout {
  private static final int BYTES = 72;

  /** An item with one field more. */
  private static final class IndexedRmapItem extends KsmRmapItem {
    long pageIndex;

    IndexedRmapItem(Mm mm, long addr) {
      super(mm, addr);
    }
  }

  @Override
  public int rmapItemSize() {
    return BYTES;
  }

  @Override
  public KsmRmapItem newRmapItem(Mm mm, long addr) {
    return new IndexedRmapItem(mm, addr);
  }

  @Override
  public void storePageIndex(KsmRmapItem item, long index) {
    ((IndexedRmapItem) item).pageIndex = index;
  }

  @Override
  public long pageIndex(KsmRmapItem item) {
    return ((IndexedRmapItem) item).pageIndex;
  }
}
