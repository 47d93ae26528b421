// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/** What a page address of a mapping holds; the order is that of the numbers in the file. */
public enum PageKind {
  /** Nothing. */
  ABSENT,
  /** A page of a file, or of shared memory: not for KSM. */
  FILE,
  /** Swapped out; nobody has looked at what it holds. */
  SWAPPED,
  /** The kernel's one frame of zeros, mapped by a read. */
  ZERO_PAGE,
  /** An anonymous page that could not be read. */
  UNREADABLE,
  /** An anonymous page full of zeros. */
  ZEROS,
  /** An anonymous page with contents. */
  CONTENT;

  /** Whether it is a frame that KSM would look at. */
  public boolean isAnonymous() {
    return this == ZEROS || this == CONTENT || this == UNREADABLE;
  }
}
