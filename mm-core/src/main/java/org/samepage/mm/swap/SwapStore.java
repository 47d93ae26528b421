// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.swap;

import org.jspecify.annotations.Nullable;

/** Keeps the bytes of swapped pages, by slot. Any thread may call. */
public interface SwapStore {
  /**
   * Writes a slot.
   *
   * @param page belongs to the store from now on
   */
  void write(int slot, byte[] page);

  /** What was written last; null where it cannot be read back. The caller does not change it. */
  byte @Nullable [] read(int slot);

  /** Forgets a slot. */
  void discard(int slot);
}
