// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.fault;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.VmArea;

/**
 * Makes faults of one machine fail where a plan says so: memory that cannot be had, or is broken.
 * Without a plan it costs the read of a field at each fault.
 */
public final class FailFaults implements FaultHandler {
  private final FaultHandler below;
  private volatile @Nullable Plan plan;

  /** Resolves what it does not fail by this handler. */
  public FailFaults(FaultHandler below) {
    this.below = below;
  }

  /** Says how a fault ends; asked once for each, by the thread that has it. */
  @FunctionalInterface
  public interface Plan {
    /** Bits of {@code VM_FAULT_*}, or 0 for a fault that is to be resolved. */
    int result(VmArea vma, long address, int flags);
  }

  /** Fails what the plan says from now on; null for nothing. */
  public void follow(@Nullable Plan newPlan) {
    plan = newPlan;
  }

  @Override
  public int handleMmFault(VmArea vma, long address, int flags) {
    Plan now = plan;
    int planned = now == null ? 0 : now.result(vma, address, flags);
    return planned != 0 ? planned : below.handleMmFault(vma, address, flags);
  }
}
