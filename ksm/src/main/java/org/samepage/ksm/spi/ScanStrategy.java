// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/**
 * Finds the next page of an mm that ksmd should look at: the inner part of scan_get_next_rmap_item.
 *
 * <p>A candidate is a present page of an anonymous folio in a mergeable VMA that has an anon_vma.
 * Every strategy returns the same pages in the same order on tables of present pages and holes;
 * they differ in what that costs, and in what they do where something else stands in a table.
 */
@ExtensionPoint("scan")
public interface ScanStrategy {
  /**
   * Moves the cursor to the first candidate at or above its address. Holds mmap_lock for reading.
   *
   * <p>With a candidate, the cursor's address is the page's, and a reference to its folio was taken
   * under the page-table lock. Without one, the address tells whether the mm stays on ksmd's list:
   * it must not be 0 if the mm has a mergeable VMA. An mm whose exit has begun has no candidates.
   *
   * @param hit set where there is a candidate
   * @return whether there is
   */
  boolean nextPage(Mm mm, KsmScan cursor, ScanHit hit);

  /** Whether another task may run after a page that smart scan passes over. */
  default boolean reschedsAfterSkip() {
    return true;
  }

  /**
   * Addresses that a pass over this mergeable VMA probes one by one.
   *
   * @return 0 where the cost does not depend on the VMA's size
   */
  default long probesPerPass(VmArea vma) {
    return 0;
  }
}
