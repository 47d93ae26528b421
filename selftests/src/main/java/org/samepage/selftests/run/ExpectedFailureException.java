// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

/** What upstream counts as an expected failure has happened. */
final class ExpectedFailureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ExpectedFailureException(String reason) {
    super(reason);
  }
}
