// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.report;

/** A BUG_ON was true: the task that ran into it ends, as it would in the kernel. */
public final class KernelBugException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public KernelBugException(String text) {
    super(text);
  }
}
