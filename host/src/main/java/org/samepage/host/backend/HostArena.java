// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import org.samepage.host.kernel.Smaps;

/** Where a scenario's mappings are; all else of a process is the helper's. */
final class HostArena {
  static final long START = 0x1000_0000_0000L;
  static final long END = 0x7000_0000_0000L;

  private HostArena() {}

  static boolean contains(Smaps.Vma vma) {
    return vma.start() >= START && vma.start() < END;
  }
}
