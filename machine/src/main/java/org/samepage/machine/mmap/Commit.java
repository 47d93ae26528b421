// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/util.c.
package org.samepage.machine.mmap;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Whether memory may be promised: all but what can never be kept. */
public final class Commit {
  private final long totalPages;

  /**
   * For a machine with so many pages.
   *
   * @param swapPages of its swap device, the header's included; 0 for none
   */
  public Commit(long pages, long swapPages) {
    this.totalPages = pages + Math.max(0, swapPages - 1);
  }

  @PortedFrom(
      value = "mm/util.c:__vm_enough_memory",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "vm.overcommit_memory 0")
  public boolean vmEnoughMemoryRaw(long pages) {
    return pages <= totalPages;
  }
}
