// SPDX-License-Identifier: GPL-2.0-only
// Values of include/linux/mm.h.
package org.samepage.mm.vma;

import org.samepage.mm.port.PortedFrom;

/** The bits of vm_flags. */
@PortedFrom("include/linux/mm.h:VM_READ")
public final class VmFlags {
  public static final long VM_READ = 0x1L;
  public static final long VM_WRITE = 0x2L;
  public static final long VM_EXEC = 0x4L;
  public static final long VM_SHARED = 0x8L;
  public static final long VM_MAYREAD = 0x10L;
  public static final long VM_MAYWRITE = 0x20L;
  public static final long VM_MAYEXEC = 0x40L;
  public static final long VM_MAYSHARE = 0x80L;

  /** Grows towards lower addresses when what is below is touched: a stack. */
  public static final long VM_GROWSDOWN = 0x100L;

  /** A userfaultfd wants to be told of pages that are not there. */
  public static final long VM_UFFD_MISSING = 0x200L;

  public static final long VM_PFNMAP = 0x400L;

  /** There may be guards; set once, and never taken away. */
  public static final long VM_MAYBE_GUARD = 0x800L;

  /** A userfaultfd wants to be told of writes to protected pages. */
  public static final long VM_UFFD_WP = 0x1000L;

  public static final long VM_LOCKED = 0x2000L;
  public static final long VM_IO = 0x4000L;
  public static final long VM_SEQ_READ = 0x8000L;
  public static final long VM_RAND_READ = 0x10000L;
  public static final long VM_DONTCOPY = 0x20000L;
  public static final long VM_DONTEXPAND = 0x40000L;
  public static final long VM_LOCKONFAULT = 0x80000L;
  public static final long VM_ACCOUNT = 0x100000L;
  public static final long VM_NORESERVE = 0x200000L;
  public static final long VM_HUGETLB = 0x400000L;
  public static final long VM_WIPEONFORK = 0x2000000L;

  /** Not yet asked to be clean, where writes are tracked. */
  public static final long VM_SOFTDIRTY = 0x8000000L;

  public static final long VM_MIXEDMAP = 0x10000000L;
  public static final long VM_HUGEPAGE = 0x20000000L;
  public static final long VM_NOHUGEPAGE = 0x40000000L;
  public static final long VM_MERGEABLE = 0x80000000L;
  public static final long VM_DROPPABLE = 1L << 40;

  /** Stays as it is: mseal. */
  public static final long VM_SEALED = 1L << 42;

  /** What is never merged with a neighbour. */
  public static final long VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;

  /** What never gets huge pages by collapsing. */
  public static final long VM_NO_KHUGEPAGED = VM_SPECIAL | VM_HUGETLB;

  /** What does not keep mappings from being merged, and stays on what they become. */
  public static final long VM_STICKY = VM_SOFTDIRTY | VM_MAYBE_GUARD;

  /** What makes fork copy page-table entries of a mapping without an anon_vma. */
  public static final long VM_COPY_ON_FORK = VM_PFNMAP | VM_MIXEDMAP | VM_UFFD_WP | VM_MAYBE_GUARD;

  public static final long VM_LOCKED_MASK = VM_LOCKED | VM_LOCKONFAULT;

  /** What a process may do with its pages. */
  public static final long VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;

  /** What userfaultfd puts on a mapping. */
  public static final long VM_UFFD_FLAGS = VM_UFFD_MISSING | VM_UFFD_WP;

  /** What data of a process is: readable, writable, and may become executable. */
  public static final long VM_DATA_DEFAULT_FLAGS =
      VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

  public static final long VM_STACK_FLAGS = VM_GROWSDOWN | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT;

  /** What a stack has in no other time than while exec sets it up: both at once say so. */
  public static final long VM_STACK_INCOMPLETE_SETUP = VM_RAND_READ | VM_SEQ_READ;

  private VmFlags() {}
}
