// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/{pgtable,pgtable_types}.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/** The word of a middle-directory entry; those of the levels above have the same form. */
public final class Pmd {
  /** Flags of a word that points to a table: present, writable, user, accessed, dirty. */
  public static final long PAGE_TABLE = Pte.PRESENT | Pte.RW | Pte.USER | Pte.ACCESSED | Pte.DIRTY;

  private Pmd() {}

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_none")
  public static boolean pmdNone(long pmd) {
    return pmd == 0;
  }

  /** Also true of a huge entry that is being split: PSE stays set then. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_present")
  public static boolean pmdPresent(long pmd) {
    return (pmd & (Pte.PRESENT | Pte.PROTNONE | Pte.PSE)) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_leaf")
  public static boolean pmdLeaf(long pmd) {
    return (pmd & Pte.PSE) != 0;
  }

  /** The word that points to the table in this frame. */
  public static long tableWord(int pfn) {
    return Pte.pfnPte(pfn, PAGE_TABLE);
  }
}
