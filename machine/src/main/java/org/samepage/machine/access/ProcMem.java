// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/base.c.
package org.samepage.machine.access;

import static org.samepage.machine.fault.Gup.FOLL_FORCE;
import static org.samepage.machine.fault.Gup.FOLL_WRITE;
import static org.samepage.mm.units.PageUnits.PAGE_BYTES;

import org.samepage.machine.exit.ExitMmap;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/**
 * Reads and writes through /proc/PID/mem.
 *
 * <p>What the process may do with a page does not count: a private mapping can be read and written
 * whatever its protection; writing one that is read-only gives it a page of its own, still
 * read-only. A shared mapping that is read-only stays so.
 */
public final class ProcMem {
  private final AccessRemoteVm remote;
  private final ExitMmap exit;

  public ProcMem(AccessRemoteVm remote, ExitMmap exit) {
    this.remote = remote;
    this.exit = exit;
  }

  /**
   * Copies bytes between a buffer and the process.
   *
   * @param write into the process, else out of it
   * @return bytes copied, fewer where a page after the first cannot be got at; 0 for a process that
   *     has exited; -EIO where nothing could be copied
   */
  @PortedFrom(
      value = {"fs/proc/base.c:mem_rw", "fs/proc/base.c:proc_mem_foll_force"},
      fidelity = Fidelity.ADAPTED,
      differs = "proc_mem.force_override is at its default, always")
  public int memRw(Mm mm, long addr, byte[] buf, boolean write) {
    if (!mm.mmgetNotZero()) {
      return 0;
    }
    int copied = 0;
    while (copied < buf.length) {
      int wanted = Math.min(buf.length - copied, PAGE_BYTES);
      int got =
          remote.accessRemoteVmRaw(
              mm, addr + copied, buf, copied, wanted, FOLL_FORCE | (write ? FOLL_WRITE : 0));
      if (got == 0) {
        break;
      }
      copied += got;
    }
    exit.mmput(mm);
    return copied == 0 && buf.length > 0 ? -Errno.EIO : copied;
  }
}
