// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.spi;

import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * Resolves page faults. KSM needs it to unshare a page; it lives above, in {@code machine}, because
 * faults call in all directions.
 */
public interface FaultHandler {
  /** Flags of a fault, as in {@code enum fault_flag}. */
  int FAULT_FLAG_WRITE = 1;

  /** The caller can wait for whoever resolves a userfault, and then tries again. */
  int FAULT_FLAG_ALLOW_RETRY = 1 << 2;

  /** The page is another process's, or reached as if it were. */
  int FAULT_FLAG_REMOTE = 1 << 7;

  /** Makes the page the mapping's own without writing; not with {@link #FAULT_FLAG_WRITE}. */
  int FAULT_FLAG_UNSHARE = 1 << 10;

  /** Bits of the result, as in {@code enum vm_fault_reason}. */
  int VM_FAULT_OOM = 1;

  int VM_FAULT_SIGBUS = 1 << 1;
  int VM_FAULT_MAJOR = 1 << 2;
  int VM_FAULT_HWPOISON = 1 << 4;
  int VM_FAULT_SIGSEGV = 1 << 6;

  /**
   * A userfault, where the caller {@linkplain #FAULT_FLAG_ALLOW_RETRY can wait}. Linux has waited
   * by then; here nobody resolves it meanwhile, so trying again makes no sense.
   */
  int VM_FAULT_RETRY = 1 << 10;

  /** No huge page can be had: the fault is to be resolved for one page. */
  int VM_FAULT_FALLBACK = 1 << 11;

  int VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_HWPOISON | VM_FAULT_SIGSEGV;

  /**
   * Resolves one fault.
   *
   * @param vma covers the address
   * @param address any byte of the page
   * @param flags of {@code FAULT_FLAG_*}
   * @return bits of {@code VM_FAULT_*}; without one of {@link #VM_FAULT_ERROR} the access may be
   *     tried again. Holds mmap_lock, and keeps it.
   */
  @PortedFrom("mm/memory.c:handle_mm_fault")
  int handleMmFault(VmArea vma, long address, int flags);
}
