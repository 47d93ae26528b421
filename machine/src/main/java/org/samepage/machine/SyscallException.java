// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import org.samepage.mm.errno.Errno;

/** A system call, or an access to memory, failed. */
public final class SyscallException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String error;

  private SyscallException(String error) {
    super(error);
    this.error = error;
  }

  /** A system call that returned this (negative or positive) errno. */
  public static SyscallException ofErrno(int errno) {
    return new SyscallException(Errno.name(errno));
  }

  /** An access that would have killed the process with this signal. */
  public static SyscallException ofSignal(String signal) {
    return new SyscallException(signal);
  }

  /** An access that would have waited for whoever resolves userfaults. */
  public static SyscallException ofUserfault() {
    return new SyscallException("USERFAULT");
  }

  /** {@code EINVAL}, {@code SIGSEGV} and the like. */
  public String error() {
    return error;
  }
}
