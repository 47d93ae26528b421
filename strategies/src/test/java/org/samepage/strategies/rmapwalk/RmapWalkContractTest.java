// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.rmapwalk;

import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.strategies.kit.RmapWalkStrategyContract;

/** The contract of rmap-walk strategies, which the address alone cannot keep. */
final class RmapWalkContractTest {
  @Nested
  final class FullRange extends RmapWalkStrategyContract {
    @Override
    protected Class<? extends RmapWalkStrategy> strategy() {
      return FullRangeRmapWalkStrategy.class;
    }

    @Override
    protected RmapItemLayout layout() {
      return new IndexLayout();
    }
  }

  @Nested
  final class AddressBounded extends RmapWalkStrategyContract {
    @Override
    protected Class<? extends RmapWalkStrategy> strategy() {
      return AddressBoundedRmapWalkStrategy.class;
    }

    @Override
    protected RmapItemLayout layout() {
      return new IndexLayout();
    }

    @Override
    protected Set<String> brokenPromises() {
      return Set.of(
          "a_page_that_was_moved_before_it_was_merged_is_visited",
          "a_page_of_a_private_file_is_visited");
    }
  }

  @Nested
  final class AddressBoundedFallback extends RmapWalkStrategyContract {
    @Override
    protected Class<? extends RmapWalkStrategy> strategy() {
      return AddressBoundedFallbackRmapWalkStrategy.class;
    }

    @Override
    protected RmapItemLayout layout() {
      return new IndexLayout();
    }
  }

  @Nested
  final class PgoffBounded extends RmapWalkStrategyContract {
    @Override
    protected Class<? extends RmapWalkStrategy> strategy() {
      return PgoffBoundedRmapWalkStrategy.class;
    }

    @Override
    protected RmapItemLayout layout() {
      return new IndexLayout();
    }
  }

  @Nested
  final class PgoffBoundedFallback extends RmapWalkStrategyContract {
    @Override
    protected Class<? extends RmapWalkStrategy> strategy() {
      return PgoffBoundedFallbackRmapWalkStrategy.class;
    }

    @Override
    protected RmapItemLayout layout() {
      return new IndexLayout();
    }
  }

  /** An index over the age, as in 7.3. */
  private static final class IndexLayout implements RmapItemLayout {
    @Override
    public int rmapItemSize() {
      return 64;
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
}
