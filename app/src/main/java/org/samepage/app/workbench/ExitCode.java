// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.workbench;

/** What the process exits with. */
public final class ExitCode {
  /** Done, and everything held. */
  public static final int OK = 0;

  /** Done, and something did not hold. */
  public static final int FAILED = 1;

  /** Could not run: the user's mistake. */
  public static final int USAGE = 2;

  /** Could not run: the machine lacks something, or someone is in the way. */
  public static final int SURROUNDINGS = 3;

  /** Selftests: everything was skipped. */
  public static final int SKIPPED = 4;

  /** Our own fault. */
  public static final int INTERNAL = 70;

  private ExitCode() {}
}
