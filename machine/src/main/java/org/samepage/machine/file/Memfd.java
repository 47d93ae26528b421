// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memfd.c.
package org.samepage.machine.file;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Seals of files in memory: what nobody may do with them from now on. */
public final class Memfd {
  /** No more seals. */
  public static final int F_SEAL_SEAL = 1;

  public static final int F_SEAL_SHRINK = 2;
  public static final int F_SEAL_GROW = 4;
  public static final int F_SEAL_WRITE = 8;
  public static final int F_SEAL_FUTURE_WRITE = 16;
  private static final int F_ALL_SEALS = 31;

  private Memfd() {}

  /**
   * fcntl with F_ADD_SEALS.
   *
   * @return 0; {@code -EPERM} where there is F_SEAL_SEAL, {@code -EBUSY} where somebody may write
   *     what is to be sealed against that, {@code -EINVAL} for a file that has no seals
   */
  @PortedFrom(
      value = {"mm/memfd.c:memfd_add_seals", "include/linux/fs.h:mapping_deny_writable"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no F_SEAL_EXEC; nobody has pages pinned; looks for mappings instead of counting")
  public static int memfdAddSeals(AddressSpace file, int seals) {
    if ((seals & ~F_ALL_SEALS) != 0 || file.onDisk) {
      return -Errno.EINVAL;
    }
    file.iMmapRwsem.writeLock();
    try {
      if (file.hasSeals(F_SEAL_SEAL)) {
        return -Errno.EPERM;
      }
      boolean first = (seals & F_SEAL_WRITE) != 0 && !file.hasSeals(F_SEAL_WRITE);
      if (first && anyMayWrite(file.iMmap.rbNode())) {
        return -Errno.EBUSY;
      }
      file.addSeals(seals);
      return 0;
    } finally {
      file.iMmapRwsem.writeUnlock();
    }
  }

  private static boolean anyMayWrite(@Nullable RbNode node) {
    return node != null
        && (vmaIsSharedMaywrite((VmArea) node)
            || anyMayWrite(node.rbLeft())
            || anyMayWrite(node.rbRight()));
  }

  @PortedFrom("include/linux/mm.h:vma_is_shared_maywrite")
  public static boolean vmaIsSharedMaywrite(VmArea vma) {
    long both = VmFlags.VM_SHARED | VmFlags.VM_MAYWRITE;
    return (vma.vmFlags & both) == both;
  }

  /**
   * What a new mapping of a file may be.
   *
   * @param flags VM_*
   * @return the flags, less by VM_MAYWRITE of what is sealed against writing; or {@code -EPERM}
   */
  @PortedFrom(
      value = {"mm/memfd.c:memfd_check_seals_mmap", "mm/memfd.c:check_write_seal"},
      fidelity = Fidelity.ADAPTED,
      differs = "returns the flags")
  public static long memfdCheckSealsMmap(AddressSpace file, long flags) {
    if (!file.hasSeals(F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) || (flags & VmFlags.VM_SHARED) == 0) {
      return flags;
    }
    return (flags & VmFlags.VM_WRITE) != 0 ? -Errno.EPERM : flags & ~VmFlags.VM_MAYWRITE;
  }
}
