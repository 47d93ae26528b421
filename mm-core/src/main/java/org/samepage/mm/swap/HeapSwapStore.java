// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.swap;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.units.PageUnits;

/** Keeps swapped pages on the heap; all pages of zeros are one. */
public final class HeapSwapStore implements SwapStore {
  private final byte[] zeros = new byte[PageUnits.PAGE_BYTES];
  private final Map<Integer, byte[]> pages = new HashMap<>();

  @Override
  public synchronized void write(int slot, byte[] page) {
    pages.put(slot, Arrays.equals(page, zeros) ? zeros : page);
  }

  @Override
  public synchronized byte @Nullable [] read(int slot) {
    return pages.get(slot);
  }

  @Override
  public synchronized void discard(int slot) {
    pages.remove(slot);
  }
}
