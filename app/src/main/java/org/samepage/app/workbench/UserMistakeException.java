// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.workbench;

/** A command cannot be carried out as it was given; the message says why, in one line. */
public final class UserMistakeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UserMistakeException(String message) {
    super(message);
  }
}
