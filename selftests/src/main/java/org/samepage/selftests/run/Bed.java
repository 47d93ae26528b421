// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import org.samepage.selftests.sys.TestKernel;

/** Where cases run: hands out a fresh kernel for each. */
@FunctionalInterface
public interface Bed {
  /**
   * A kernel for one case.
   *
   * @param wants what the case would like; a real kernel has what it has
   */
  TestKernel fresh(Selftest.Wants wants);
}
