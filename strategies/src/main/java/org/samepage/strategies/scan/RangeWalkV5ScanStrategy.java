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
 * Walks the tables of one VMA at a time, and so jumps over what has none.
 *
 * <p>The cost of a pass is that of the populated table entries and of one new descent for each page
 * found. Entries that are not present are passed over before anything else is asked of them.
 */
@StrategySpec(
    name = "range-walk-v5",
    summary = "Walks the populated tables of one VMA at a time; looks at present entries alone.",
    origin =
        "Linux 6.18, mm/ksm.c:ksm_next_page_pmd_entry, commit f5548c318d65; posted as v5 of"
            + " \"ksm: use range-walk function to jump over holes in scan_get_next_rmap_item\"",
    cost = "V + T + E + 4h: VMAs, tables, entries of the tables, a descent for each page found",
    tells =
        "telling/s-hole: page_walks and ptes_read in place of addresses_probed; telling/s-skip: "
            + "page_walks, one more for each mapping than range-walk-mm has for all")
final class RangeWalkV5ScanStrategy extends WalkVmaByVmaScan {
  @Inject
  RangeWalkV5ScanStrategy(
      Sched sched, PageWalk pageWalk, Folios folios, NormalPage normalPage, KernelLog log) {
    super(sched, pageWalk, folios, normalPage, log);
  }
}
