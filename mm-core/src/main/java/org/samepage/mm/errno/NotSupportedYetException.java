// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.errno;

/** Something was asked that Linux can do and this machine cannot do yet. */
public final class NotSupportedYetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Says what is missing.
   *
   * @param what as the end of a sentence: {@code not supported yet: WHAT}
   */
  public NotSupportedYetException(String what) {
    super(what);
  }
}
