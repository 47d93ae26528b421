// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

/** Numbers of the system-call interface on x86-64. */
public final class Abi {
  public static final int PROT_NONE = 0;
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int PROT_EXEC = 4;

  public static final int MAP_SHARED = 0x1;
  public static final int MAP_PRIVATE = 0x2;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_NORESERVE = 0x4000;
  public static final int MAP_POPULATE = 0x8000;
  public static final int MAP_FIXED_NOREPLACE = 0x10_0000;

  public static final int MREMAP_MAYMOVE = 1;
  public static final int MREMAP_FIXED = 2;
  public static final int MREMAP_DONTUNMAP = 4;

  public static final int MADV_SEQUENTIAL = 2;
  public static final int MADV_DONTNEED = 4;
  public static final int MADV_FREE = 8;
  public static final int MADV_REMOVE = 9;
  public static final int MADV_DONTFORK = 10;
  public static final int MADV_DOFORK = 11;
  public static final int MADV_MERGEABLE = 12;
  public static final int MADV_UNMERGEABLE = 13;
  public static final int MADV_HUGEPAGE = 14;
  public static final int MADV_NOHUGEPAGE = 15;
  public static final int MADV_WIPEONFORK = 18;
  public static final int MADV_KEEPONFORK = 19;
  public static final int MADV_COLD = 20;
  public static final int MADV_PAGEOUT = 21;
  public static final int MADV_POPULATE_READ = 22;
  public static final int MADV_POPULATE_WRITE = 23;
  public static final int MADV_COLLAPSE = 25;
  public static final int MADV_GUARD_INSTALL = 102;
  public static final int MADV_GUARD_REMOVE = 103;

  public static final int PR_SET_MEMORY_MERGE = 67;
  public static final int PR_GET_MEMORY_MERGE = 68;

  /** A pidfd that stands for the caller. */
  public static final int PIDFD_SELF = -10000;

  public static final int MFD_ALLOW_SEALING = 2;
  public static final int F_SEAL_WRITE = 8;

  /** Bits of a word of /proc/PID/pagemap; below them the frame's number. */
  public static final long PM_PFN = (1L << 55) - 1;

  public static final long PM_UFFD_WP = 1L << 57;
  public static final long PM_GUARD_REGION = 1L << 58;
  public static final long PM_SWAP = 1L << 62;
  public static final long PM_PRESENT = 1L << 63;

  /** A category of the ioctl PAGEMAP_SCAN. */
  public static final long PAGE_IS_GUARD = 1L << 8;

  private Abi() {}
}
