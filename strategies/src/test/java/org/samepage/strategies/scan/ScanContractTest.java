// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.scan;

import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.strategies.kit.ScanStrategyContract;

/** The contract of scan strategies, kept by all of ours but for what v3 is known for. */
final class ScanContractTest {
  @Nested
  final class PerAddress extends ScanStrategyContract {
    @Override
    protected Class<? extends ScanStrategy> strategy() {
      return PerAddressScanStrategy.class;
    }

    @Override
    protected boolean walksRanges() {
      return false;
    }
  }

  @Nested
  final class RangeWalkV3 extends ScanStrategyContract {
    @Override
    protected Class<? extends ScanStrategy> strategy() {
      return RangeWalkV3ScanStrategy.class;
    }

    @Override
    protected Set<String> brokenPromises() {
      return Set.of(
          "markers_swap_and_migration_entries_are_passed_over_in_silence",
          "a_walk_that_fails_is_reported_once_and_leaves_the_cursor_at_the_end_of_the_vma");
    }
  }

  @Nested
  final class RangeWalkRework extends ScanStrategyContract {
    @Override
    protected Class<? extends ScanStrategy> strategy() {
      return RangeWalkReworkScanStrategy.class;
    }
  }

  @Nested
  final class RangeWalkV5 extends ScanStrategyContract {
    @Override
    protected Class<? extends ScanStrategy> strategy() {
      return RangeWalkV5ScanStrategy.class;
    }
  }

  @Nested
  final class RangeWalkMm extends ScanStrategyContract {
    @Override
    protected Class<? extends ScanStrategy> strategy() {
      return RangeWalkMmScanStrategy.class;
    }
  }
}
