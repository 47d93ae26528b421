// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmRmapItem;

/** What a layout of rmap_items promises. */
public abstract class RmapItemLayoutContract extends StrategyContract<RmapItemLayout> {
  /** The index of 0x7f2ae1511000: as eight bytes, a checksum, an age of 7, no skips. */
  private static final long INDEX = 0x7_f2ae_1511L;

  /** Bytes of an item: what profits subtract. */
  protected abstract int size();

  /** Whether it keeps the index. */
  protected abstract boolean keepsIndex();

  private void with(Scene scene) {
    try (KitWorld w = KitWorld.unmerging(KitWorld.NoUnmerge.class)) {
      RmapItemLayout layout = w.get(strategy());
      KsmRmapItem item = Objects.requireNonNull(layout.newRmapItem(w.mm(), INDEX << 12), "memory");
      scene.play(layout, item);
    }
  }

  private interface Scene {
    void play(RmapItemLayout layout, KsmRmapItem item);
  }

  @Test
  public void an_item_has_the_size_that_profits_subtract_and_begins_with_nothing() {
    with((layout, item) -> {
      assertThat(layout.rmapItemSize()).isEqualTo(size());
      assertThat(item.pageAddress()).isEqualTo(INDEX << 12);
      assertThat(item.ageWord()).isZero();
    });
  }

  @Test
  public void it_gives_back_the_index_of_a_stable_item_or_says_that_it_keeps_none() {
    with((layout, item) -> {
      layout.storePageIndex(item, INDEX);
      item.address |= KsmRmapItem.STABLE_FLAG;
      if (keepsIndex()) {
        assertThat(layout.pageIndex(item)).isEqualTo(INDEX);
      } else {
        assertThatThrownBy(() -> layout.pageIndex(item))
            .isInstanceOf(UnsupportedOperationException.class);
      }
    });
  }

  @Test
  public void an_item_that_leaves_its_node_is_no_older_than_it_was() {
    with((layout, item) -> {
      item.incrementAge();
      layout.storePageIndex(item, INDEX);
      layout.resetPageIndex(item);
      assertThat(item.age()).isLessThanOrEqualTo(1);
      assertThat(item.remainingSkips()).isZero();
    });
  }

  @Test
  public void growing_older_does_not_change_the_index_of_a_stable_item() {
    with((layout, item) -> {
      layout.storePageIndex(item, INDEX);
      item.address |= KsmRmapItem.STABLE_FLAG;
      if (layout.stableItemsHaveAge()) {
        item.incrementAge();
      }
      if (keepsIndex()) {
        assertThat(layout.pageIndex(item)).isEqualTo(INDEX);
      }
    });
  }
}
