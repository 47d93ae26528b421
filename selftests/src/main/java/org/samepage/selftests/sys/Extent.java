// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

/**
 * A range of addresses: a mapping, an element of a vector, a region that a scan found.
 *
 * @param end exclusive
 */
public record Extent(long start, long end) {
  /** A range by its length [bytes]. */
  public static Extent of(long start, long length) {
    return new Extent(start, start + length);
  }

  public long length() {
    return end - start;
  }
}
