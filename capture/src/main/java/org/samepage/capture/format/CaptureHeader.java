// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/**
 * What holds for a whole capture.
 *
 * @param contents what there is of each page
 * @param origin what it was taken from
 * @param frameNumbers whether the kernel told frame numbers, and so which pages are shared
 * @param keyFingerprint equal where pages were hashed under one key
 * @param epochMillis when it was begun
 * @param system kernel release of a live capture; empty otherwise
 */
public record CaptureHeader(
    Contents contents,
    Origin origin,
    boolean frameNumbers,
    long keyFingerprint,
    long epochMillis,
    String system) {
  /** Where a capture comes from. */
  public enum Origin {
    /** Processes that ran. */
    LIVE,
    /** Core files. */
    CORE
  }
}
