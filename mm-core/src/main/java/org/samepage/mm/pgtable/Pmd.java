// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/{pgtable,pgtable_types}.h, include/linux/{huge_mm,swapops}.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/**
 * The word of a middle-directory entry: none, a pointer to a table, a huge page (PSE), or what
 * stands for a huge page that is on its way to another place.
 *
 * <p>A huge word has the bits of a {@link Pte}, and a pfn whose low nine bits are not stored. Words
 * of the levels above that point to tables have the same form.
 */
public final class Pmd {
  /** Flags of a word that points to a table: present, writable, user, accessed, dirty. */
  public static final long PAGE_TABLE = Pte.PRESENT | Pte.RW | Pte.USER | Pte.ACCESSED | Pte.DIRTY;

  /** The bits that hold the pfn of a huge page of 2 MiB. */
  public static final long PFN_MASK = 0x000f_ffff_ffe0_0000L;

  private static final int PFN_SHIFT = 12;

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

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_trans_huge")
  public static boolean pmdTransHuge(long pmd) {
    return (pmd & Pte.PSE) != 0;
  }

  /** Whether this is neither none nor present: what stands for a huge page elsewhere. */
  @PortedFrom("include/linux/huge_mm.h:is_swap_pmd")
  public static boolean isSwapPmd(long pmd) {
    return !pmdNone(pmd) && !pmdPresent(pmd);
  }

  /** Whether this stands for a huge page that is being moved. */
  @PortedFrom("include/linux/swapops.h:is_pmd_migration_entry")
  public static boolean isPmdMigrationEntry(long pmd, SwapTypes types) {
    return !pmdPresent(pmd) && types.isMigrationEntry(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_special")
  public static boolean pmdSpecial(long pmd) {
    return (pmd & Pte.SPECIAL) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkspecial")
  public static long pmdMkspecial(long pmd) {
    return pmd | Pte.SPECIAL;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkhuge")
  public static long pmdMkhuge(long pmd) {
    return pmd | Pte.PSE;
  }

  /** The first page of a huge word, or the frame of the table; undoes the inversion. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_pfn")
  public static long pmdPfn(long pmd) {
    return ((pmd ^ Pte.protnoneMask(pmd)) & pfnMask(pmd)) >>> PFN_SHIFT;
  }

  private static long pfnMask(long pmd) {
    return pmdLeaf(pmd) ? PFN_MASK : Pte.PFN_MASK;
  }

  /** The word of a huge page with these protection bits; {@link #pmdMkhuge} makes it a leaf. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pfn_pmd")
  public static long pfnPmd(long pfn, long pgprot) {
    return (((pfn << PFN_SHIFT) ^ Pte.protnoneMask(pgprot)) & PFN_MASK) | pgprot;
  }

  /**
   * The word while a huge page is being split: the processor does not take it, but with PSE still
   * set it is present to all who ask.
   */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkinvalid")
  public static long pmdMkinvalid(long pmd) {
    long flags = pmd & ~pfnMask(pmd) & ~(Pte.PRESENT | Pte.PROTNONE);
    return pfnPmd(pmdPfn(pmd), flags);
  }

  /** The word that points to the table in this frame. */
  public static long tableWord(int pfn) {
    return Pte.pfnPte(pfn, PAGE_TABLE);
  }
}
