// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/shmem.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pageAlignDown;
import static org.samepage.mm.units.PageUnits.pageAlignUp;

import org.samepage.machine.file.Memfd;
import org.samepage.machine.file.SharedFiles;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AddressSpace;

/** ftruncate, and holes in files: pages that go while they are mapped. */
public final class FileSize {
  private final UnmapMapping unmap;
  private final SharedFiles files;

  public FileSize(Sched sched, ZapRange zap, SharedFiles files) {
    this.unmap = new UnmapMapping(sched, zap);
    this.files = files;
  }

  /**
   * Makes a file shorter, or longer by zeros. Of what is behind its new end nobody has a page any
   * more, private copies included.
   *
   * @param length of the file [bytes]
   * @return 0 or a negative errno
   */
  @PortedFrom(
      value = {"fs/open.c:do_ftruncate", "mm/shmem.c:shmem_setattr"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "a file system on a disk does the same here; whoever has the file may write it")
  public int doFtruncate(AddressSpace file, long length) {
    if (length < 0) {
      return -Errno.EINVAL;
    }
    long oldsize = file.size();
    boolean sealed =
        length < oldsize
            ? file.hasSeals(Memfd.F_SEAL_SHRINK)
            : length > oldsize && file.hasSeals(Memfd.F_SEAL_GROW);
    if (sealed) {
      return -Errno.EPERM;
    }
    file.iSizeWrite(length);
    if (length <= oldsize) {
      long holebegin = pageAlignUp(length);
      if (oldsize > holebegin) {
        unmap.unmapMappingRange(file, holebegin, 0, true);
      }
      shmemTruncateRange(file, length, Long.MAX_VALUE);
      if (oldsize > holebegin) {
        unmap.unmapMappingRange(file, holebegin, 0, true); // what was copied meanwhile
      }
    }
    return 0;
  }

  /**
   * fallocate with FALLOC_FL_PUNCH_HOLE and FALLOC_FL_KEEP_SIZE: makes zeros of a part. Private
   * copies stay.
   *
   * @param offset [bytes]
   * @param len [bytes]
   * @return 0 or a negative errno
   */
  @PortedFrom(
      value = "mm/shmem.c:shmem_fallocate",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "holes alone; faults meanwhile are noticed by unmapping twice")
  int shmemFallocate(AddressSpace file, long offset, long len) {
    if (file.hasSeals(Memfd.F_SEAL_WRITE | Memfd.F_SEAL_FUTURE_WRITE)) {
      return -Errno.EPERM;
    }
    long start = pageAlignUp(offset);
    long end = pageAlignDown(offset + len);
    if (end > start) {
      unmap.unmapMappingRange(file, start, end - start, false);
    }
    shmemTruncateRange(file, offset, offset + len);
    if (end > start) {
      unmap.unmapMappingRange(file, start, end - start, false);
    }
    return 0;
  }

  /** Gives up a use of a file. */
  void fput(AddressSpace file) {
    files.iput(file);
  }

  /** Takes the pages of {@code [start, end)} away, and zeroes what is in pages in part. */
  @PortedFrom(
      value = {"mm/shmem.c:shmem_truncate_range", "mm/shmem.c:shmem_undo_range"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "nothing is swapped out, no huge pages")
  private void shmemTruncateRange(AddressSpace file, long start, long end) {
    long first = bytesToPages(pageAlignUp(start));
    long last = bytesToPages(pageAlignDown(end));
    if (bytesToPages(pageAlignDown(start)) < first) {
      int from = (int) (start & (PAGE_SIZE - 1));
      boolean within = first > last;
      files.truncateInodePartialFolio(
          file, first - 1, from, within ? (int) (end & (PAGE_SIZE - 1)) : (int) PAGE_SIZE);
    }
    if (first <= last && (end & (PAGE_SIZE - 1)) != 0 && end != Long.MAX_VALUE) {
      files.truncateInodePartialFolio(file, last, 0, (int) (end & (PAGE_SIZE - 1)));
    }
    for (long index = first; index < last && index < file.endIndex(); index++) {
      files.truncateInodeFolio(file, index);
    }
  }
}
