// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.selftests.sys.Abi;

/** Words as pagemap would have them: of present pages and of guards. */
final class PortPagemap {
  /** The page-table word of a guard marker. */
  private static final long GUARD = 0xffff_ffff_ffff_f600L;

  private PortPagemap() {}

  static long[] words(Mm mm, long addr, int pages) {
    long[] words = new long[pages];
    for (int i = 0; i < pages; i++) {
      words[i] = word(mm, addr + i * PAGE_SIZE);
    }
    return words;
  }

  private static long word(Mm mm, long addr) {
    PageTable table = mm.pgTables.pteTable(PageUnits.pageAlignDown(addr));
    long pte = table == null ? 0 : table.getLockless(pteIndex(addr));
    if (Pte.ptePresent(pte)) {
      return Abi.PM_PRESENT | Pte.ptePfn(pte);
    }
    return pte == GUARD ? Abi.PM_GUARD_REGION : 0;
  }
}
