// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

/** A case cannot say anything here; the message says why. */
final class SkippedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SkippedException(String reason) {
    super(reason);
  }
}
