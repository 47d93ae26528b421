// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.selftests.sys.Uffd;

/** A userfaultfd of a machine. */
final class PortUffd implements Uffd {
  private static final long FEATURES =
      FEATURE_PAGEFAULT_FLAG_WP
          | UserfaultfdCtx.UFFD_FEATURE_EVENT_FORK
          | UserfaultfdCtx.UFFD_FEATURE_EVENT_REMAP
          | UserfaultfdCtx.UFFD_FEATURE_SIGBUS
          | UserfaultfdCtx.UFFD_FEATURE_WP_UNPOPULATED;

  private final UserProcess process;
  private @Nullable UserfaultfdCtx ctx;
  private long features;

  PortUffd(UserProcess process) {
    this.process = process;
  }

  @Override
  public long api(long wanted) {
    if (ctx != null || (wanted & ~FEATURES) != 0) {
      features = 0;
      return -Errno.EINVAL;
    }
    ctx = new UserfaultfdCtx(wanted);
    features = FEATURES;
    return 0;
  }

  @Override
  public long features() {
    return features;
  }

  /** A call on the range; those before {@link #api} are refused. */
  @FunctionalInterface
  private interface Call {
    void make(UserfaultfdCtx ctx) throws SyscallException;
  }

  private long result(Call call) {
    UserfaultfdCtx initialized = ctx;
    if (initialized == null) {
      return -Errno.EINVAL;
    }
    try {
      call.make(initialized);
      return 0;
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  @Override
  public long register(long addr, long length, int mode) {
    return result(known -> process.uffdRegister(known, addr, length, mode));
  }

  @Override
  public long unregister(long addr, long length) {
    return result(_ -> process.uffdUnregister(addr, length));
  }

  @Override
  public long writeProtect(long addr, long length, boolean on) {
    return result(_ -> process.uffdWriteProtect(addr, length, on));
  }

  @Override
  public void close() {
    result(process::uffdRelease);
  }
}
