// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/madvise.c.
package org.samepage.machine.mmap;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/** process_madvise: advice about several ranges in one call, of oneself or of another process. */
public final class ProcessMadvise {
  /** Ranges that one call may have. */
  private static final int UIO_MAXIOV = 1024;

  /** Advice that destroys nothing. */
  private static final Set<String> REMOTE = Set.of("COLD", "PAGEOUT", "WILLNEED", "COLLAPSE");

  private final Madvise madvise;

  public ProcessMadvise(Madvise madvise) {
    this.madvise = madvise;
  }

  /** Whom a pidfd stands for. */
  public sealed interface Pidfd {
    /** No descriptor, or one of something else. */
    record None() implements Pidfd {}

    /** A process; its address space, or null where it has exited. */
    record Of(@Nullable Mm mm) implements Pidfd {}
  }

  /**
   * A range of addresses.
   *
   * @param length [bytes]
   */
  public record IoVec(long base, long length) {}

  /**
   * The system call.
   *
   * @param current the caller's
   * @param advice null for a number that is none
   * @return the bytes of the ranges that were advised about, or a negative errno where that is none
   */
  @PortedFrom(
      value = "mm/madvise.c:process_madvise",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the caller may do everything")
  public long processMadvise(
      Mm current, Pidfd pidfd, List<IoVec> vec, Madvise.@Nullable Advice advice, int flags) {
    if (flags != 0 || vec.size() > UIO_MAXIOV) {
      return -Errno.EINVAL;
    }
    if (!(pidfd instanceof Pidfd.Of(Mm mm))) {
      return -Errno.EBADF;
    }
    if (mm == null) {
      return -Errno.ESRCH;
    }
    if (mm != current && !processMadviseRemoteValid(advice)) {
      return -Errno.EINVAL;
    }
    return vectorMadvise(mm, vec, advice);
  }

  @PortedFrom(
      value = "mm/madvise.c:process_madvise_remote_valid",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "by names, as some of these are not there yet")
  private static boolean processMadviseRemoteValid(Madvise.@Nullable Advice advice) {
    return advice != null && REMOTE.contains(advice.name());
  }

  /** Goes on until something fails; advice that is none matters only where there is a byte. */
  @PortedFrom(
      value = "mm/madvise.c:vector_madvise",
      fidelity = Fidelity.ADAPTED,
      differs = "mmap_lock is taken for each range; nothing restarts")
  private long vectorMadvise(Mm mm, List<IoVec> iter, Madvise.@Nullable Advice advice) {
    long done = 0;
    for (IoVec part : iter) {
      if (part.length == 0) {
        continue;
      }
      int err =
          advice == null ? -Errno.EINVAL : madvise.doMadvise(mm, part.base, part.length, advice);
      if (err != 0) {
        return done != 0 ? done : err;
      }
      done += part.length;
    }
    return done;
  }
}
