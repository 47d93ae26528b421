// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.spi;

import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * Splits huge page-table entries. Page walks need it: one with a pte_entry splits what it meets.
 *
 * <p>Callers look at the entry before, without a lock; an implementation takes the table's lock and
 * looks again. Afterwards the entry points to a table, or is none where the pages were let go of
 * instead, which is what happens to those of files.
 */
public interface HugeSplitter {
  /** For a machine that makes no huge entries: refuses. */
  HugeSplitter NONE =
      new HugeSplitter() {
        @Override
        public void splitHugePmdRaw(VmArea vma, PageTable table, int index, long address) {
          throw new NotSupportedYetException("splitting a huge page of 2 MiB");
        }

        @Override
        public void splitHugePudRaw(VmArea vma, PageTable table, int index, long address) {
          throw new NotSupportedYetException("splitting a huge page of 1 GiB");
        }
      };

  /**
   * Splits an entry of 2 MiB: a huge page, or what stands for one that is being moved.
   *
   * @param table holds the entry, at {@code index}
   * @param address any byte that the entry maps
   */
  @PortedFrom("mm/huge_memory.c:__split_huge_pmd")
  void splitHugePmdRaw(VmArea vma, PageTable table, int index, long address);

  /** Splits a huge entry of 1 GiB; parameters as above. */
  @PortedFrom("mm/huge_memory.c:__split_huge_pud")
  void splitHugePudRaw(VmArea vma, PageTable table, int index, long address);
}
