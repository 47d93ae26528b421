// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

/** Something does not hold; the message says what, and in which line of which case. */
final class FailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  FailedException(String message) {
    super(message);
  }
}
