// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.unmerge;

import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.strategies.kit.UnmergeStrategyContract;

/** The contract of unmerge strategies. */
final class UnmergeContractTest {
  @Nested
  final class PerAddress extends UnmergeStrategyContract {
    @Override
    protected Class<? extends UnmergeStrategy> strategy() {
      return PerAddressUnmergeStrategy.class;
    }
  }

  @Nested
  final class RangeWalk extends UnmergeStrategyContract {
    @Override
    protected Class<? extends UnmergeStrategy> strategy() {
      return RangeWalkUnmergeStrategy.class;
    }

    @Override
    protected Set<String> brokenPromises() {
      return Set.of("a_page_whose_fault_fails_with_sigbus_does_not_keep_it_from_those_behind");
    }
  }
}
