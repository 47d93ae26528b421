// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.spi;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Hashes raw memory; a library behind an interface. */
public interface PageHash {
  /**
   * XXH64 with seed 0.
   *
   * @param address where the bytes are
   * @param length how many
   */
  @PortedFrom(
      value = "lib/xxhash.c:xxh64",
      fidelity = Fidelity.ADAPTED,
      differs = "a library; the seed is 0")
  long xxh64(long address, long length);
}
