// SPDX-License-Identifier: GPL-2.0-only
// Ported from lib/fault-inject.c, mm/failslab.c and mm/fail_page_alloc.c.
package org.samepage.mm.alloc;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * Lets allocations fail on purpose: failslab and fail_page_alloc of one machine.
 *
 * <p>Without a plan, which is how a machine boots, an allocation costs one read more.
 */
public final class FailureInjection {
  /** A frame for the contents of a page. */
  public static final String PAGE = "page";

  /** A frame for a page table. */
  public static final String PAGE_TABLE = "page_table";

  private volatile @Nullable Plan plan;

  /** Says of each allocation whether it fails. Called by the thread that allocates. */
  @FunctionalInterface
  public interface Plan {
    /**
     * Decides about one allocation.
     *
     * @param what {@link #PAGE}, {@link #PAGE_TABLE}, or the name of a {@link KmemCache}
     */
    boolean fails(String what);
  }

  /** Follows this plan from now on; null for none. */
  public void follow(@Nullable Plan newPlan) {
    plan = newPlan;
  }

  /** Whether this allocation is to fail. */
  @PortedFrom(
      value = {
        "lib/fault-inject.c:should_fail",
        "mm/failslab.c:should_failslab",
        "mm/fail_page_alloc.c:should_fail_alloc_page"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "a plan decides, where C has intervals, counts and chance")
  public boolean shouldFail(String what) {
    Plan current = plan;
    return current != null && current.fails(what);
  }
}
