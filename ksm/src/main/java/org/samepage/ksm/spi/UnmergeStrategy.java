// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import org.samepage.mm.vma.VmArea;

/**
 * Breaks merged pages apart: finds the KSM pages and the zero pages that ksmd put in, and has a
 * fault replace each by an anonymous page of its own.
 *
 * <p>Called with mmap_lock held, for writing where {@code lockVma} is true; by ksmd with
 * ksm_thread_mutex, by a process without.
 */
@ExtensionPoint("unmerge")
public interface UnmergeStrategy {
  /**
   * Unshares what is merged in {@code [start, end)} of a VMA.
   *
   * @param start page-aligned, in the VMA
   * @param end page-aligned, at most the VMA's end
   * @param lockVma whether to keep page faults of other threads out
   * @return 0, {@code -ENOMEM} where a copy could not be had, {@code -ERESTARTSYS} for a signal
   */
  int unmergeRange(VmArea vma, long start, long end, boolean lockVma);

  /** Unshares one page, in order to undo a merge; ends for no signal. Results as above. */
  int breakPage(VmArea vma, long addr, boolean lockVma);

  /**
   * Addresses that unmerging so many bytes probes one by one.
   *
   * @return 0 where the cost does not depend on the size
   */
  default long probesFor(long bytes) {
    return 0;
  }
}
