// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.scan;

import jakarta.inject.Inject;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.pagewalk.PageWalk;

/**
 * As {@code range-walk-v5}, without a look at whether the process has begun to exit between two
 * walks: the callback alone sees that, and passes over each table.
 */
@StrategySpec(
    name = "range-walk-rework",
    summary = "The reviewer's rework of v3: one VMA at a time, exit seen by the callback alone.",
    origin =
        "the rework that answered \"[PATCH v3] ksm: use range-walk function to jump over holes in"
            + " scan_get_next_rmap_item\", 2025-10-17, posted inline",
    cost = "as range-walk-v5; of an mm that exits, also the upper tables of what is left",
    tells =
        "none: differs from range-walk-v5 in entries read where an mm exits during the walk; the "
            + "test ScanStrategyExitTest lets one")
final class RangeWalkReworkScanStrategy extends WalkVmaByVmaScan {
  @Inject
  RangeWalkReworkScanStrategy(
      Sched sched, PageWalk pageWalk, Folios folios, NormalPage normalPage, KernelLog log) {
    super(sched, pageWalk, folios, normalPage, log);
  }

  @Override
  boolean seesExit() {
    return false;
  }
}
