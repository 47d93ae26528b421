// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/**
 * A part of a mapping by byte offsets from its start.
 *
 * @param to exclusive; {@link #WHOLE} for the whole span of the name
 */
public record Range(String mapping, long from, long to) {
  public static final long WHOLE = -1;

  public boolean isWhole() {
    return to == WHOLE;
  }
}
