// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/** What a capture holds of a page. */
public enum Contents {
  /** A keyed hash. */
  HASH,
  /** A keyed hash and the bytes. */
  FULL
}
