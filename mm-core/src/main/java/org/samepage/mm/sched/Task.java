// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.work.WorkCounters;

/** A thread of execution as ported code sees it: its name, its pending signal, its work. */
@PortedFrom(
    value = "include/linux/sched.h:task_struct",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "name, signal, node, run time and work counters only")
public final class Task {
  /** The command name, as kernel reports print it. */
  public final String comm;

  /** What this task has done; written by its own thread alone. */
  public final WorkCounters work = new WorkCounters();

  private volatile boolean signalPending;

  private volatile int numaNode;
  private volatile long sumExecRuntime;

  Task(String comm) {
    this.comm = comm;
  }

  /** The NUMA node of the CPU that it runs on: where its memory comes from. */
  @PortedFrom("include/linux/topology.h:numa_node_id")
  public int numaNodeId() {
    return numaNode;
  }

  /** Lets it run on another node from now on. */
  public void setNumaNode(int nid) {
    numaNode = nid;
  }

  /** CPU time so far [ns]. No machine measures it: it is what was {@linkplain #charge charged}. */
  @PortedFrom(
      value = "kernel/sched/core.c:task_sched_runtime",
      fidelity = Fidelity.ADAPTED,
      differs = "as charged, so that it repeats")
  public long taskSchedRuntime() {
    return sumExecRuntime;
  }

  /** Adds to its CPU time [ns]. By one thread at a time. */
  public void charge(long nanos) {
    long before = sumExecRuntime;
    sumExecRuntime = before + nanos;
  }

  @PortedFrom("include/linux/sched/signal.h:signal_pending")
  public boolean signalPending() {
    return signalPending;
  }

  public void setSignalPending(boolean pending) {
    signalPending = pending;
  }
}
