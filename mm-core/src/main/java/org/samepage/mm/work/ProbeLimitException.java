// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.work;

/** An operation was stopped because it would have probed more addresses than its limit. */
public final class ProbeLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long limit;
  private final long needed;

  public ProbeLimitException(long limit, long needed) {
    super("stopped after %d of %d probed addresses".formatted(limit, needed));
    this.limit = limit;
    this.needed = needed;
  }

  /** What the operation would have needed [probes]. */
  public long needed() {
    return needed;
  }

  /** The limit that was reached [probes]. */
  public long limit() {
    return limit;
  }
}
