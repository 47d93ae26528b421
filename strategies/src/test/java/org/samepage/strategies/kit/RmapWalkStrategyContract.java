// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.units.PageUnits;

/** What an rmap-walk strategy promises. */
public abstract class RmapWalkStrategyContract extends StrategyContract<RmapWalkStrategy> {
  private static final long ADDR = 0x7f2a_e151_1000L;

  /** A layout that the strategy can work with. */
  protected abstract RmapItemLayout layout();

  /** Whether a page with this index, at {@link #ADDR}, is visited sooner or later. */
  private boolean visits(long index) {
    RmapItemLayout layout = layout();
    RmapWalkStrategy strategy =
        Guice.createInjector(
                new AbstractModule() {
                  @Override
                  protected void configure() {
                    bind(RmapItemLayout.class).toInstance(layout);
                  }
                })
            .getInstance(strategy());
    try (KitWorld w = KitWorld.unmerging(KitWorld.NoUnmerge.class)) {
      KsmRmapItem item = Objects.requireNonNull(layout.newRmapItem(w.mm(), ADDR), "memory");
      layout.storePageIndex(item, index);
      item.address |= KsmRmapItem.STABLE_FLAG;
      return strategy.fallsBack()
          || (Long.compareUnsigned(strategy.firstPgoff(item), index) <= 0
              && Long.compareUnsigned(index, strategy.lastPgoff(item)) <= 0);
    }
  }

  @Test
  public void a_page_that_was_merged_where_it_was_first_touched_is_visited() {
    assertThat(visits(PageUnits.bytesToPages(ADDR))).isTrue();
  }

  @Test
  public void a_page_that_was_moved_before_it_was_merged_is_visited() {
    assertThat(visits(PageUnits.bytesToPages(ADDR) - 12345)).isTrue();
  }

  @Test
  public void a_page_of_a_private_file_is_visited() {
    assertThat(visits(0)).isTrue();
    assertThat(visits(100)).isTrue();
  }
}
