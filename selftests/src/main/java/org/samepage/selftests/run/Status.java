// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

/** How a case ended. */
public enum Status {
  PASS,
  FAIL,
  /** Failed, as it does on this version of the kernel. */
  XFAIL,
  /** Passed, though this version of the kernel fails it. */
  XPASS,
  SKIP
}
