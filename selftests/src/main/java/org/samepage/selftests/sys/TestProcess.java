// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;

/**
 * A process of a kernel under test. A system call returns what it returns on Linux: a negative
 * errno where it failed. Numbers are those of {@link Abi}.
 */
public interface TestProcess {
  // ------------------------------------------------------------------ mappings

  /** mmap; an address is always given, as no kernel here has to choose one. */
  long mmap(long addr, long length, int prot, int flags, long fd, long offset);

  long munmap(long addr, long length);

  long mprotect(long addr, long length, int prot);

  long mremap(long addr, long oldLength, long newLength, int flags, long newAddr);

  long madvise(long addr, long length, int advice);

  long mlock(long addr, long length);

  long munlock(long addr, long length);

  long mseal(long addr, long length, long flags);

  /** mbind with MPOL_BIND. */
  long mbind(long addr, long length, int node);

  /**
   * move_pages of one page of the caller, MPOL_MF_MOVE_ALL.
   *
   * @param node where to; negative to ask where it is
   * @return the page's node; more than {@code 1 << 20} where it was not moved; or a negative errno
   */
  long movePage(long addr, int node);

  /** Has pages written to swap, merged ones too, which MADV_PAGEOUT passes over. */
  long swapOut(long addr, long length);

  long prctl(int option, long value);

  long processMadvise(long pidfd, List<Extent> vector, int advice, int flags);

  // ------------------------------------------------------------------ memory

  /** Reads one byte. */
  Access tryRead(long addr);

  /** Writes one byte. */
  Access tryWrite(long addr, int value);

  /** Reads memory; the signal of a failing access ends it. */
  byte[] read(long addr, int length) throws SyscallException;

  void write(long addr, byte[] bytes) throws SyscallException;

  /** Writes one byte all over a range. */
  void fill(long addr, long length, int value) throws SyscallException;

  /** Writes to /proc/self/mem; returns the bytes written. */
  long writeMem(long addr, byte[] bytes);

  // ------------------------------------------------------------------ files

  /** memfd_create; flags as MFD_*. */
  long memfdCreate(int flags);

  /** Creates and opens a file on a disk, which is gone at the end. */
  long createFile();

  /** Closes a file on a disk and opens it again for reading alone. */
  long reopenReadOnly(long fd);

  long ftruncate(long fd, long size);

  /** fcntl with F_ADD_SEALS. */
  long addSeals(long fd, int seals);

  long close(long fd);

  Uffd userfaultfd();

  /**
   * perf_event_open of a uprobe at the start of a file on a disk.
   *
   * @param type of /sys/bus/event_source/devices/uprobe/type
   */
  long uprobe(long fd, int type);

  // ------------------------------------------------------------------ processes

  TestProcess fork();

  /** execve of the same program: a new address space, what is inherited stays. */
  void exec();

  /** Ends the process, and waits until it has. */
  void exit();

  /** pidfd_open of another process. */
  long pidfdOpen(TestProcess other);

  // ------------------------------------------------------------------ /proc/self

  /** Words of pagemap. */
  long[] pagemap(long addr, int pages);

  /** The mapping that has an address, by the ioctl PROCMAP_QUERY; null where there is none. */
  @Nullable Extent vma(long addr);

  /** The ioctl PAGEMAP_SCAN for one category. */
  PagemapScan pagemapScan(long start, long end, long category);

  /** A text file of /proc/self, such as smaps; null where there is none. */
  @Nullable String procFile(String name);
}
