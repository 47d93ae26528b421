// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.scan;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;

import jakarta.inject.Inject;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.WalkCallback;

/**
 * Walks the whole rest of an address space at once, as {@code range-walk-v3}, and looks at present
 * entries alone, as {@code range-walk-v5}: the loop over the VMAs is the walk's own.
 *
 * <p>A test_walk moves the cursor to the end of each mergeable VMA before it is walked, so that it
 * rests at the end of the last one if nothing is found, and at 0 if there was none.
 */
@StrategySpec(
    name = "range-walk-mm",
    summary = "Walks the rest of the address space at once, with a test_walk and a present check.",
    origin =
        "ours: the follow-up that the thread of \"[PATCH v3] ksm: use range-walk function to jump"
            + " over holes in scan_get_next_rmap_item\" asks for, v3 without for_each_vma",
    cost = "V + T + E + 4h: VMAs, tables, entries of the tables, a descent for each page found",
    tells =
        "telling/s-skip: page_walks, fewer than range-walk-v5 by one for each mapping but the"
            + " first; telling/s-guard: no kernel report, where range-walk-v3 has one")
final class RangeWalkMmScanStrategy implements ScanStrategy {
  /** Unsigned: up to the end of the address space. */
  private static final long TO_THE_END = -1L;

  private final Sched sched;
  private final PageWalk pageWalk;
  private final KernelLog log;
  private final MmNextPageOps ops;
  private final MmWalk walk;

  @Inject
  RangeWalkMmScanStrategy(
      Sched sched, PageWalk pageWalk, Folios folios, NormalPage normalPage, KernelLog log) {
    this.sched = sched;
    this.pageWalk = pageWalk;
    this.log = log;
    this.ops = new MmNextPageOps(sched, folios, normalPage);
    this.walk = new MmWalk(ops);
  }

  @Override
  public boolean nextPage(Mm mm, KsmScan cursor, ScanHit hit) {
    ops.restAt = cursor.address;
    ops.hitIn = null;
    int found = pageWalk.walkPageRange(mm, cursor.address, TO_THE_END, walk);
    if (found > 0 && ops.hitIn != null) {
      cursor.address = ops.addr;
      hit.set(ops.page, ops.hitIn);
      return true;
    }
    if (log.warnOnOnce(found < 0, "scan_get_next_rmap_item: the walk failed")) {
      VmArea stopped = mm.vmas.findVma(ops.restAt);
      ops.restAt = stopped == null ? ops.restAt : stopped.vmEnd;
    }
    cursor.address = ops.restAt;
    sched.condResched();
    return false;
  }

  /** Looks into mergeable VMAs alone, and remembers where the last of them ends. */
  private static final class MmNextPageOps extends NextPageOps {
    /** Where the cursor is to rest if there is no candidate. */
    long restAt;

    /** The VMA that is walked. */
    @Nullable VmArea hitIn;

    MmNextPageOps(Sched sched, Folios folios, NormalPage normalPage) {
      super(sched, folios, normalPage, WalkCallback.TEST_WALK);
    }

    @Override
    protected int testWalk(long start, long next, MmWalk walk) {
      VmArea tested = walk.vma();
      if (tested == null || !tested.has(VmFlags.VM_MERGEABLE) || ksmTestExit(walk.mm())) {
        return 1;
      }
      restAt = tested.vmEnd;
      hitIn = tested;
      return tested.anonVma == null ? 1 : 0;
    }
  }
}
