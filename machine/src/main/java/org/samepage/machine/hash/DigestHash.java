// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.hash;

import net.openhft.hashing.LongHashFunction;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.spi.PageHash;

/** XXH64 of what stands for a page on a machine of {@link PageContents.Form#DIGESTS}. */
public final class DigestHash implements PageHash {
  private static final long DIGEST_BYTES = 16;

  private final LongHashFunction xx = LongHashFunction.xx();

  @Override
  public long xxh64(long address, long length) {
    return xx.hashMemory(address, DIGEST_BYTES);
  }
}
