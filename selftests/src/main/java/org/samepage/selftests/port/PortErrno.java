// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.sys.Access;

/** What a failed call says, as a number again. */
final class PortErrno {
  private PortErrno() {}

  /** The negative errno. */
  static long of(SyscallException e) {
    Integer number = Errno.byName().get(e.error());
    if (number == null) {
      throw new IllegalStateException("a system call ended with " + e.error(), e);
    }
    return -number;
  }

  /** The signal. */
  static Access signal(SyscallException e) {
    return Access.valueOf(e.error());
  }
}
