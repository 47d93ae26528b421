// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.backend;

/** The present pages of a process's arena, in address order. */
public interface PresentPages {
  /** How many. */
  int count();

  /** The address of one of them. */
  long address(int index);

  /** What tells its frame from others; the same for all mappings of one frame, in all processes. */
  long frame(int index);

  /** Whether it is the shared zero page. */
  boolean isZeroPage(int index);

  /** Copies its bytes. */
  void read(int index, byte[] page);
}
