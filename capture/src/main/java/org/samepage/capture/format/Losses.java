// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/**
 * What could not be had of a process, in pages but for the last.
 *
 * @param unreadable anonymous pages that reading failed for
 * @param swapped pages that were swapped out
 * @param unshared shared pages of which no frame number is known
 * @param state how the process ended meanwhile
 */
public record Losses(long unreadable, long swapped, long unshared, State state) {
  /** What became of a process. */
  public enum State {
    /** It was there until the end. */
    WHOLE,
    /** Its memory may not be read. */
    FORBIDDEN,
    /** It ended while it was read. */
    ENDED,
    /** It has begun another program, or changed its mappings, while it was read. */
    CHANGED
  }
}
