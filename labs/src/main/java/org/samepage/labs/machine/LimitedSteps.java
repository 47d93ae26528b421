// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.machine;

import org.samepage.mm.sched.FreeRunning;

/**
 * Ends a run that goes on for too long. A step is a place where a long loop of the kernel lets
 * others run: ksmd has one for each page that it is given, so a scan that is given the same page
 * for ever is stopped after as many steps everywhere, however fast the machine is.
 */
final class LimitedSteps extends FreeRunning {
  private final long limit;
  private long left;

  LimitedSteps(long limit) {
    this.limit = limit;
    this.left = limit;
  }

  @Override
  protected void reschedHook() {
    if (--left < 0) {
      throw new StepLimitException(limit);
    }
  }
}
