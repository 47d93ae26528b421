// SPDX-License-Identifier: GPL-2.0-only
// Ported from kernel/sys.c.
package org.samepage.machine.prctl;

import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;

import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Task;
import org.samepage.mm.vma.Mm;

/** prctl as one task makes it. */
public final class Prctl {
  public static final int PR_SET_MEMORY_MERGE = 67;
  public static final int PR_GET_MEMORY_MERGE = 68;

  private final MergeAny mergeAny;
  private final Task current;

  public Prctl(MergeAny mergeAny, Task current) {
    this.mergeAny = mergeAny;
    this.current = current;
  }

  /**
   * Switches merging of everything on or off, or tells whether it is on.
   *
   * @return 0, or 1 where it is on and was asked for; {@code -EINVAL} for another option or for
   *     arguments that are not 0; {@code -EINTR} where a fatal signal is pending
   */
  @PortedFrom(
      value = "kernel/sys.c:prctl",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "two options; a pending signal counts as fatal")
  public int prctl(Mm mm, int option, long arg2, long arg3, long arg4, long arg5) {
    boolean rest = (arg3 | arg4 | arg5) != 0;
    return switch (option) {
      case PR_SET_MEMORY_MERGE -> rest ? -Errno.EINVAL : setMemoryMerge(mm, arg2);
      case PR_GET_MEMORY_MERGE ->
          rest || arg2 != 0 ? -Errno.EINVAL : mm.mmFlagsTest(MMF_VM_MERGE_ANY) ? 1 : 0;
      default -> -Errno.EINVAL;
    };
  }

  private int setMemoryMerge(Mm mm, long on) {
    if (current.signalPending()) {
      return -Errno.EINTR;
    }
    mm.mmapLock.writeLock();
    int err = on != 0 ? mergeAny.ksmEnableMergeAny(mm) : mergeAny.ksmDisableMergeAny(mm);
    mm.mmapLock.writeUnlock();
    return err;
  }
}
