// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vma.c and mm/mmap.c.
package org.samepage.rmap;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.VmArea;

/** Links VMAs to the files that they map; for anonymous memory all methods do nothing. */
public final class FileVmas {
  private FileVmas() {}

  /** A new VMA. */
  @PortedFrom("mm/vma.c:vma_link_file")
  public static void vmaLinkFile(VmArea vma) {
    AddressSpace file = vma.vmFile;
    if (file != null) {
      file.iMmapRwsem.writeLock();
      VmaIntervalTree.vmaIntervalTreeInsert(vma, file.iMmap);
      file.iMmapRwsem.writeUnlock();
    }
  }

  /** A child's VMA, to be met right behind its parent's. */
  @PortedFrom(
      value = "mm/mmap.c:dup_mmap",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the step that links a file's VMA")
  public static void linkChild(VmArea child, VmArea parent) {
    AddressSpace file = child.vmFile;
    if (file != null) {
      file.iMmapRwsem.writeLock();
      VmaIntervalTree.vmaIntervalTreeInsertAfter(child, parent, file.iMmap);
      file.iMmapRwsem.writeUnlock();
    }
  }

  /** A VMA that goes. */
  @PortedFrom("mm/vma.c:unlink_file_vma")
  public static void unlinkFileVma(VmArea vma) {
    AddressSpace file = vma.vmFile;
    if (file != null) {
      file.iMmapRwsem.writeLock();
      VmaIntervalTree.vmaIntervalTreeRemove(vma, file.iMmap);
      file.iMmapRwsem.writeUnlock();
    }
  }

  /** Takes the lock under which a VMA's range may change, if it maps a file. */
  @PortedFrom("include/linux/fs.h:i_mmap_lock_write")
  public static void iMmapLockWrite(VmArea vma) {
    if (vma.vmFile != null) {
      vma.vmFile.iMmapRwsem.writeLock();
    }
  }

  @PortedFrom("include/linux/fs.h:i_mmap_unlock_write")
  public static void iMmapUnlockWrite(VmArea vma) {
    if (vma.vmFile != null) {
      vma.vmFile.iMmapRwsem.writeUnlock();
    }
  }

  /** Takes a VMA out, so that its range may change. Holds the file's lock for writing. */
  @PortedFrom(
      value = "mm/vma.c:vma_prepare",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "one VMA")
  public static void preUpdateVma(VmArea vma) {
    if (vma.vmFile != null) {
      VmaIntervalTree.vmaIntervalTreeRemove(vma, vma.vmFile.iMmap);
    }
  }

  /** Puts it back. */
  @PortedFrom(
      value = "mm/vma.c:vma_complete",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "one VMA")
  public static void postUpdateVma(VmArea vma) {
    if (vma.vmFile != null) {
      VmaIntervalTree.vmaIntervalTreeInsert(vma, vma.vmFile.iMmap);
    }
  }
}
