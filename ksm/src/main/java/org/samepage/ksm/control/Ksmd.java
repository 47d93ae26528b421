// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.control;

import org.samepage.ksm.advisor.Advisors;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.scan.KsmScanner;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.state.KsmState;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.Task;
import org.samepage.mm.work.ProbeBudget;

/** The merging daemon, stepped: each call runs it on the caller's thread, as the task ksmd. */
public final class Ksmd {
  /** As many pages as a batch can have: it then ends with the pass. */
  private static final int WHOLE_PASS = -1;

  private final KsmState state;
  private final KsmSlots slots;
  private final KsmScanner scanner;
  private final Sched sched;
  private final ProbeBudget budget;
  private final KsmHotRemove hotRemove;
  private final Advisors advisors;
  private final Task task;

  public Ksmd(
      KsmState state,
      KsmSlots slots,
      KsmScanner scanner,
      KsmHotRemove hotRemove,
      Advisors advisors,
      Sched sched,
      ProbeBudget budget) {
    this.hotRemove = hotRemove;
    this.advisors = advisors;
    this.state = state;
    this.slots = slots;
    this.scanner = scanner;
    this.sched = sched;
    this.budget = budget;
    this.task = sched.newTask("ksmd");
  }

  /** What ksmd has done so far. */
  public Task task() {
    return task;
  }

  /**
   * One batch, and the sleep after it.
   *
   * @param pages as {@code pages_to_scan}, unsigned
   */
  @PortedFrom(
      value = "mm/ksm.c:ksm_scan_thread",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "one turn of its loop, whatever run and the advisor say; the sleep takes no time")
  public void batch(int pages) {
    budget.startOperation(scanner::probesPerPass);
    var _ = turn(pages);
  }

  /** Whether it could scan: not while memory is going offline, where ksmd would wait. */
  private boolean turn(int pages) {
    Task caller = sched.switchTo(task);
    try {
      state.ksmThreadMutex.lock();
      boolean may = !hotRemove.isOffline();
      if (may) {
        advisors.hold(true);
        scanner.ksmDoScan(pages);
        advisors.hold(false);
      }
      state.ksmThreadMutex.unlock();
      task.work.ksmdSleeps++;
      return may;
    } finally {
      sched.switchTo(caller);
    }
  }

  /**
   * Runs until the pass under way, or a new one, is complete.
   *
   * @return whether it was completed; not where no mm is on the list any more, nor while memory is
   *     going offline
   */
  public boolean fullPass() {
    budget.startOperation(scanner::probesPerPass);
    long before = state.ksmScan.seqnr;
    while (state.ksmScan.seqnr == before) {
      if (slots.isEmpty() || !turn(WHOLE_PASS)) {
        return false;
      }
    }
    return true;
  }
}
