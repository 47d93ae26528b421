// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mempolicy.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignUp;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.phys.Mempolicy;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** mbind: from which nodes the pages of a range are taken that come from now on. */
public final class Mbind {
  private static final int MPOL_MAX = 7;

  private final VmaModify modify;
  private final long memoryNodes;

  /**
   * For a machine.
   *
   * @param nodes how many it has, all with memory
   */
  public Mbind(VmaModify modify, int nodes) {
    this.modify = modify;
    this.memoryNodes = nodes == Long.SIZE ? ~0L : (1L << nodes) - 1;
  }

  /**
   * Gives {@code [start, start + len)} a policy. Pages that are there stay where they are.
   *
   * @param mode MPOL_*
   * @param nodes a bit for each node
   * @param flags MPOL_MF_*: none
   * @return 0, or a negative errno: {@code -EFAULT} where a part is not mapped
   */
  @PortedFrom(
      value = "mm/mempolicy.c:do_mbind",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "pages are neither looked at nor moved; private anonymous memory alone")
  public int doMbind(Mm mm, long start, long len, int mode, long nodes, int flags) {
    if (mode < 0 || mode >= MPOL_MAX) {
      return -Errno.EINVAL;
    }
    if (flags != 0) {
      throw new NotSupportedYetException("mbind that moves pages");
    }
    if (!isPageAligned(start)) {
      return -Errno.EINVAL;
    }
    long size = pageAlignUp(len);
    long end = start + size;
    if (Long.compareUnsigned(end, start) < 0) {
      return -Errno.EINVAL;
    }
    if (size == 0) {
      return 0;
    }
    if (!mpolNew(mode, nodes)) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.writeLock();
    try {
      if (mode == Mempolicy.MPOL_DEFAULT) {
        return bindAll(mm, start, end, null);
      }
      Mempolicy policy = mpolSetNodemask(mode, nodes);
      return policy == null ? -Errno.EINVAL : bindAll(mm, start, end, policy);
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  /** Whether a mode goes with nodes, or without. */
  @PortedFrom(
      value = "mm/mempolicy.c:mpol_new",
      fidelity = Fidelity.ADAPTED,
      differs = "the errors alone")
  private static boolean mpolNew(int mode, long nodes) {
    return switch (mode) {
      case Mempolicy.MPOL_DEFAULT, Mempolicy.MPOL_LOCAL -> nodes == 0;
      case Mempolicy.MPOL_PREFERRED -> true;
      default -> nodes != 0;
    };
  }

  /** The policy for those of the nodes that have memory; null where none has. */
  @PortedFrom(
      value = {
        "mm/mempolicy.c:mpol_set_nodemask",
        "mm/mempolicy.c:mpol_new_nodemask",
        "mm/mempolicy.c:mpol_new_preferred"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no cpusets; makes the policy")
  private @Nullable Mempolicy mpolSetNodemask(int mode, long nodes) {
    if (mode == Mempolicy.MPOL_LOCAL || (mode == Mempolicy.MPOL_PREFERRED && nodes == 0)) {
      return new Mempolicy(Mempolicy.MPOL_LOCAL, 0);
    }
    long usable = nodes & memoryNodes;
    if (usable == 0) {
      return null;
    }
    return switch (mode) {
      case Mempolicy.MPOL_BIND -> new Mempolicy(mode, usable);
      case Mempolicy.MPOL_PREFERRED -> new Mempolicy(mode, Long.lowestOneBit(usable));
      default -> throw new NotSupportedYetException("mbind with mode " + mode);
    };
  }

  /** Holds mmap_lock for writing. */
  private int bindAll(Mm mm, long start, long end, @Nullable Mempolicy policy) {
    int err = queuePagesTestWalk(mm, start, end, policy == null);
    long at = start;
    for (VmArea vma = mm.vmas.findVma(at);
        err == 0 && vma != null && vma.vmStart < end;
        vma = mm.vmas.findVma(at)) {
      long from = Math.max(at, vma.vmStart);
      at = Math.min(end, vma.vmEnd);
      err = mbindRange(vma, from, at, policy);
    }
    return err;
  }

  /**
   * Looks for holes.
   *
   * @param discontigOk whether they do not matter, as long as anything is mapped
   */
  @PortedFrom(
      value = {"mm/mempolicy.c:queue_pages_range", "mm/mempolicy.c:queue_pages_test_walk"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "nobody asks about pages")
  private static int queuePagesTestWalk(Mm mm, long start, long end, boolean discontigOk) {
    VmArea vma = mm.vmas.findVmaIntersection(start, end);
    if (vma == null) {
      return -Errno.EFAULT;
    }
    long at = start;
    for (; vma != null && vma.vmStart < end; vma = mm.vmas.next(vma)) {
      if (!discontigOk && vma.vmStart > at) {
        return -Errno.EFAULT;
      }
      if (!vma.vmaIsAnonymous()) {
        throw new NotSupportedYetException("mbind of a file's pages");
      }
      at = vma.vmEnd;
    }
    return !discontigOk && at < end ? -Errno.EFAULT : 0;
  }

  @PortedFrom({"mm/mempolicy.c:mbind_range", "mm/mempolicy.c:vma_replace_policy"})
  private int mbindRange(VmArea part, long start, long end, @Nullable Mempolicy policy) {
    if (Objects.equals(part.vmPolicy, policy)) {
      return 0;
    }
    VmArea vma = modify.vmaModifyPolicy(part, start, end, policy);
    if (vma == null) {
      return -Errno.ENOMEM;
    }
    vma.vmPolicy = policy;
    return 0;
  }
}
