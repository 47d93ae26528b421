// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.layout;

import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.strategies.kit.RmapItemLayoutContract;

/** The contract of layouts, which the overlay breaks without its resets. */
final class LayoutContractTest {
  @Nested
  final class None extends RmapItemLayoutContract {
    @Override
    protected Class<? extends RmapItemLayout> strategy() {
      return NoneRmapItemLayout.class;
    }

    @Override
    protected int size() {
      return 64;
    }

    @Override
    protected boolean keepsIndex() {
      return false;
    }
  }

  @Nested
  final class Separate extends RmapItemLayoutContract {
    @Override
    protected Class<? extends RmapItemLayout> strategy() {
      return SeparateRmapItemLayout.class;
    }

    @Override
    protected int size() {
      return 72;
    }

    @Override
    protected boolean keepsIndex() {
      return true;
    }
  }

  @Nested
  final class Overlay extends RmapItemLayoutContract {
    @Override
    protected Class<? extends RmapItemLayout> strategy() {
      return OverlayRmapItemLayout.class;
    }

    @Override
    protected int size() {
      return 64;
    }

    @Override
    protected boolean keepsIndex() {
      return true;
    }
  }

  @Nested
  final class UnresetOverlay extends RmapItemLayoutContract {
    @Override
    protected Class<? extends RmapItemLayout> strategy() {
      return UnresetOverlayRmapItemLayout.class;
    }

    @Override
    protected int size() {
      return 64;
    }

    @Override
    protected boolean keepsIndex() {
      return true;
    }

    @Override
    protected Set<String> brokenPromises() {
      return Set.of(
          "an_item_that_leaves_its_node_is_no_older_than_it_was",
          "growing_older_does_not_change_the_index_of_a_stable_item");
    }
  }
}
