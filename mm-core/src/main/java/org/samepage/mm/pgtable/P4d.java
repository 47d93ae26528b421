// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/pgtable.h, include/linux/pgtable.h and mm/pgtable-generic.c.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;

/**
 * The word of a top-level entry: none, or a pointer to a table.
 *
 * <p>The kernel is built for five levels and finds four when it starts. The top level is folded
 * then: its entry is the one of this level, and never none or bad itself.
 */
public final class P4d {
  /** What a pointer to a table may have; NX for the sake of page-table isolation. */
  private static final long TABLE_FLAGS = Pmd.PAGE_TABLE | Pte.NX;

  private P4d() {}

  @PortedFrom("arch/x86/include/asm/pgtable.h:p4d_none")
  public static boolean p4dNone(long p4d) {
    return p4d == 0;
  }

  /** Whether the word has a flag that no pointer to a table has. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:p4d_bad")
  public static boolean p4dBad(long p4d) {
    return (p4d & ~Pte.PFN_MASK & ~TABLE_FLAGS) != 0;
  }

  /** Whether nothing is below this entry; what is bad is reported and cleared, and nothing then. */
  @PortedFrom(
      value = {
        "include/linux/pgtable.h:p4d_none_or_clear_bad",
        "mm/pgtable-generic.c:p4d_clear_bad"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "the report names no line and no pointer")
  public static boolean p4dNoneOrClearBad(PageTable table, int index, KernelLog log) {
    long p4d = table.getLockless(index);
    if (p4dNone(p4d)) {
      return true;
    }
    if (!p4dBad(p4d)) {
      return false;
    }
    log.report("bad_p4d", "mm/pgtable-generic.c: bad p4d (%016x)".formatted(p4d));
    table.set(index, 0);
    return true;
  }
}
