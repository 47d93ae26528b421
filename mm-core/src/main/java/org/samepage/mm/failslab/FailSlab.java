// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/failslab.c, mm/fail_page_alloc.c and lib/fault-inject.c.
package org.samepage.mm.failslab;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * Makes allocations of one machine fail where a plan says so. Without a plan it costs the read of a
 * field at each allocation. Any thread may ask and set plans.
 */
public final class FailSlab {
  private volatile @Nullable Plan plan;

  /** Says which allocations fail; asked once for each, by the thread that allocates. */
  @FunctionalInterface
  public interface Plan {
    boolean fails(Alloc what);
  }

  /** Whether this allocation is to fail. Whoever gets true must do as if memory were short. */
  @PortedFrom(
      value = {
        "mm/failslab.c:should_failslab",
        "mm/fail_page_alloc.c:should_fail_alloc_page",
        "lib/fault-inject.c:should_fail"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "a plan instead of odds; frames too")
  public boolean shouldFailslab(Alloc what) {
    Plan now = plan;
    return now != null && now.fails(what);
  }

  /** Fails what the plan says from now on; null for nothing. */
  public void follow(@Nullable Plan plan) {
    this.plan = plan;
  }

  /** A plan that fails the n-th allocation of a kind, counted from 1, and no other. */
  public static Plan nth(Alloc kind, int n) {
    AtomicInteger left = new AtomicInteger(n);
    return what -> what == kind && left.decrementAndGet() == 0;
  }
}
