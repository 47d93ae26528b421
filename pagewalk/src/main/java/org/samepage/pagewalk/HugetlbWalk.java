// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/pagewalk.c and mm/hugetlb.c.
package org.samepage.pagewalk;

import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** Walks a VMA of hugetlb pages: by page, whatever the tables are. */
final class HugetlbWalk {
  private HugetlbWalk() {}

  @PortedFrom(
      value = "mm/pagewalk.c:walk_hugetlb_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "pages of 2 MiB alone; no lock of the VMA, whose tables nobody shares here")
  static int walkHugetlbRange(long start, long end, MmWalk walk) {
    long addr = start;
    while (true) {
      long next = hugetlbEntryEnd(addr, end);
      long hugeAddr = addr & PMD_MASK;
      walk.work().pmdEntries++;
      // an entry is what has a place in a table, be it none
      PageTable table = walk.mm().pgTables.pmdTable(hugeAddr);
      int err =
          table == null
              ? walk.hole(addr, next, -1)
              : walk.ops.hugetlbEntry(table, pmdIndex(hugeAddr), PMD_MASK, addr, next, walk);
      if (err != 0 || next == end) {
        return err;
      }
      addr = next;
    }
  }

  /** Where the huge page of an address ends, or the walk. */
  @PortedFrom("mm/pagewalk.c:hugetlb_entry_end")
  private static long hugetlbEntryEnd(long addr, long end) {
    long boundary = (addr & PMD_MASK) + PMD_SIZE;
    return Long.compareUnsigned(boundary, end) < 0 ? boundary : end;
  }
}
