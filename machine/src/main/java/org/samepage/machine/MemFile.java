// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import org.samepage.machine.access.ProcMem;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.vma.Mm;

/** An open /proc/PID/mem: stays with the address space that the process had when it was opened. */
public final class MemFile {
  private final Mm mm;
  private final ProcMem mem;

  MemFile(Mm mm, ProcMem mem) {
    this.mm = mm;
    this.mem = mem;
  }

  /**
   * Reads into a buffer.
   *
   * @return bytes read: fewer than asked for before a page that cannot be read, 0 after the exit
   * @throws SyscallException EIO where not one could be read, EINVAL for a negative address
   */
  public int pread(long addr, byte[] buf) throws SyscallException {
    return check(addr >= 0 ? mem.memRw(mm, addr, buf, false) : -Errno.EINVAL);
  }

  /**
   * Writes a buffer; whether the process itself may write there does not count for private
   * mappings.
   *
   * @return bytes written: fewer than asked for before a page that cannot be written, 0 after the
   *     exit
   * @throws SyscallException EIO where not one could be written, EINVAL for a negative address
   */
  public int pwrite(long addr, byte[] buf) throws SyscallException {
    return check(addr >= 0 ? mem.memRw(mm, addr, buf, true) : -Errno.EINVAL);
  }

  private static int check(int result) throws SyscallException {
    if (result < 0) {
      throw SyscallException.ofErrno(result);
    }
    return result;
  }
}
