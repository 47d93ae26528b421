// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * How much a process may have. A child begins with its parent's. Limits are bytes as unsigned
 * numbers; a process begins with the defaults of Linux, and as root.
 */
@PortedFrom(
    value = "include/linux/sched/signal.h:rlimit",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "the limits of memory, which are the address space's; soft limits alone")
public final class Rlimits {
  /** No limit. */
  public static final long RLIM_INFINITY = -1;

  /** _STK_LIM and MLOCK_LIMIT. */
  private static final long EIGHT_MIB = 8 << 20;

  /** All mappings together. */
  public volatile long as = RLIM_INFINITY;

  /** Private writable mappings. */
  public volatile long data = RLIM_INFINITY;

  /** A stack. */
  public volatile long stack = EIGHT_MIB;

  /** Locked memory, of a process that is not {@link #capIpcLock}. */
  public volatile long memlock = EIGHT_MIB;

  /** Whether the process may lock memory without a limit: CAP_IPC_LOCK. */
  public volatile boolean capIpcLock = true;

  /** Takes over all limits of another. */
  public void copyFrom(Rlimits other) {
    as = other.as;
    data = other.data;
    stack = other.stack;
    memlock = other.memlock;
    capIpcLock = other.capIpcLock;
  }
}
