// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/** A file is no capture, or a damaged one; the message names the file and where. */
public final class CaptureException extends Exception {
  private static final long serialVersionUID = 1L;

  private final long offset;

  /**
   * A fault of a file.
   *
   * @param offset the first byte that cannot be used
   */
  public CaptureException(String file, long offset, String message) {
    super("%s: at byte %,d: %s".formatted(file, offset, message));
    this.offset = offset;
  }

  /** The first byte that cannot be used. */
  public long offset() {
    return offset;
  }
}
