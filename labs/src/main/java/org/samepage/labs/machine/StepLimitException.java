// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.machine;

/** A run was stopped because it went on for too long. */
public final class StepLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long limit;

  StepLimitException(long limit) {
    super("stopped after %d steps".formatted(limit));
    this.limit = limit;
  }

  /** The limit that was reached [places where a long loop lets others run]. */
  public long limit() {
    return limit;
  }
}
