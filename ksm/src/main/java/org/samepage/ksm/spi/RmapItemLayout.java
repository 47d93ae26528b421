// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.vma.Mm;

/**
 * How an rmap_item is laid out in the kernel whose figures are to come out: how large it is, and
 * whether it keeps the page index that its page goes by in the interval tree, and where.
 *
 * <p>The index is stored when a merge has succeeded, before the item is appended to a stable node;
 * it is meaningful until the item leaves that node. Called by one task at a time for each item;
 * {@link #pageIndex} also by whoever walks the mappings of a merged page, which holds the folio
 * lock and so keeps the item on its node.
 */
@ExtensionPoint("rmap-item-layout")
public interface RmapItemLayout {
  /**
   * Bytes of one item in that kernel: what the profit formulas subtract. Never the size of a Java
   * object.
   */
  int rmapItemSize();

  /**
   * A plain item of an address, with nothing remembered.
   *
   * @return null where memory is short
   */
  default @Nullable KsmRmapItem newRmapItem(Mm mm, long addr) {
    return new KsmRmapItem(mm, addr);
  }

  /**
   * Keeps the index of an item's page.
   *
   * @param item in no tree, about to be appended to a stable node; mmap_lock of its mm is held
   * @param index {@code linear_page_index} of its address in its VMA
   */
  default void storePageIndex(KsmRmapItem item, long index) {}

  /** Forgets the index: the item has left its stable node, or will not get to one. */
  default void resetPageIndex(KsmRmapItem item) {}

  /**
   * The index that was stored.
   *
   * @param item listed from a stable node
   * @throws UnsupportedOperationException where the layout keeps none
   */
  default long pageIndex(KsmRmapItem item) {
    throw new UnsupportedOperationException("this layout keeps no page index");
  }

  /**
   * Whether a stable item still has the age that smart scan asks for. Where it has none, smart scan
   * passes over no stable item.
   */
  default boolean stableItemsHaveAge() {
    return true;
  }
}
