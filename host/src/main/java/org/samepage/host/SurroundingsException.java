// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host;

/** The machine that we run on lacks something, or someone is in the way; the message says what. */
public final class SurroundingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SurroundingsException(String message) {
    super(message);
  }

  public SurroundingsException(String message, Throwable cause) {
    super(message, cause);
  }
}
