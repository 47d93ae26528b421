// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.work.WorkCounters;

/** A thread of execution as ported code sees it: its name, its pending signal, its work. */
@PortedFrom(
    value = "include/linux/sched.h:task_struct",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "name, signal and work counters only")
public final class Task {
  /** The command name, as kernel reports print it. */
  public final String comm;

  /** What this task has done; written by its own thread alone. */
  public final WorkCounters work = new WorkCounters();

  private volatile boolean signalPending;

  Task(String comm) {
    this.comm = comm;
  }

  @PortedFrom("include/linux/sched/signal.h:signal_pending")
  public boolean signalPending() {
    return signalPending;
  }

  public void setSignalPending(boolean pending) {
    signalPending = pending;
  }
}
