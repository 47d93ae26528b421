// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/{pgtable,pgtable_types}.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/** The word of an upper-directory entry: none, a pointer to a table, or a page of 1 GiB. */
public final class Pud {
  /** The bits that hold the pfn of a huge page of 1 GiB. */
  public static final long PFN_MASK = 0x000f_ffff_c000_0000L;

  private static final int PFN_SHIFT = 12;

  private Pud() {}

  @PortedFrom("arch/x86/include/asm/pgtable.h:pud_none")
  public static boolean pudNone(long pud) {
    return pud == 0;
  }

  /** Unlike that of the level below, a huge entry without PRESENT is not present here. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pud_present")
  public static boolean pudPresent(long pud) {
    return (pud & Pte.PRESENT) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pud_leaf")
  public static boolean pudLeaf(long pud) {
    return (pud & Pte.PSE) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pud_trans_huge")
  public static boolean pudTransHuge(long pud) {
    return (pud & Pte.PSE) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pud_special")
  public static boolean pudSpecial(long pud) {
    return (pud & Pte.SPECIAL) != 0;
  }

  /** The first page of a huge word, or the frame of the table; undoes the inversion. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pud_pfn")
  public static long pudPfn(long pud) {
    long mask = pudLeaf(pud) ? PFN_MASK : Pte.PFN_MASK;
    return ((pud ^ Pte.protnoneMask(pud)) & mask) >>> PFN_SHIFT;
  }

  /** The word of a huge page with these protection bits; {@link #pudMkhuge} makes it a leaf. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pfn_pud")
  public static long pfnPud(long pfn, long pgprot) {
    return (((pfn << PFN_SHIFT) ^ Pte.protnoneMask(pgprot)) & PFN_MASK) | pgprot;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pud_mkhuge")
  public static long pudMkhuge(long pud) {
    return pud | Pte.PSE;
  }
}
