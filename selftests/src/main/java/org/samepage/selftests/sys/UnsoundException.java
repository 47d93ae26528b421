// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

/** A kernel has reported something, or its counts and tables do not agree. */
public final class UnsoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnsoundException(String message) {
    super(message);
  }
}
