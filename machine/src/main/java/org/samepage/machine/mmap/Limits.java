// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c and mm/mlock.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.bytesToPages;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/** Whether a process may have more. Methods hold mmap_lock. */
final class Limits {
  private Limits() {}

  /** Whether so many more pages may be mapped with these flags. */
  @PortedFrom(
      value = "mm/vma.c:may_expand_vm",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no exception for a limit of 0 on data; says nothing to the log")
  static boolean mayExpandVm(Mm mm, long vmFlags, long npages) {
    return within(mm.totalVm + npages, mm.rlimits.as)
        && (!Mm.isDataMapping(vmFlags) || within(mm.dataVm + npages, mm.rlimits.data));
  }

  /** Whether so many more bytes may be locked, where the mapping is to be. */
  @PortedFrom("mm/mlock.c:mlock_future_ok")
  static boolean mlockFutureOk(Mm mm, boolean locked, long bytes) {
    return !locked
        || mm.rlimits.capIpcLock
        || within(bytesToPages(bytes) + mm.lockedVm, mm.rlimits.memlock);
  }

  /** Whether anything may be locked at all. */
  @PortedFrom("mm/mlock.c:can_do_mlock")
  static boolean canDoMlock(Mm mm) {
    return mm.rlimits.memlock != 0 || mm.rlimits.capIpcLock;
  }

  private static boolean within(long pages, long limit) {
    return Long.compareUnsigned(pages, bytesToPages(limit)) <= 0;
  }
}
