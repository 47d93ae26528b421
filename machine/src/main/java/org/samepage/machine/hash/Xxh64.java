// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.hash;

import net.openhft.hashing.LongHashFunction;
import org.samepage.mm.spi.PageHash;

/** XXH64 by zero-allocation-hashing, from raw addresses. */
public final class Xxh64 implements PageHash {
  private final LongHashFunction xx = LongHashFunction.xx();

  @Override
  public long xxh64(long address, long length) {
    return xx.hashMemory(address, length);
  }
}
