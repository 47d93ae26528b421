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

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_write")
  public static boolean pmdWrite(long pmd) {
    return Pte.pteWrite(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_dirty")
  public static boolean pmdDirty(long pmd) {
    return Pte.pteDirty(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_young")
  public static boolean pmdYoung(long pmd) {
    return Pte.pteYoung(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_uffd_wp")
  public static boolean pmdUffdWp(long pmd) {
    return Pte.pteUffdWp(pmd);
  }

  /** Whether the page is there, but may not be touched. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_protnone")
  public static boolean pmdProtnone(long pmd) {
    return Pte.pteProtnone(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkyoung")
  public static long pmdMkyoung(long pmd) {
    return Pte.pteMkyoung(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkold")
  public static long pmdMkold(long pmd) {
    return Pte.pteMkold(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkclean")
  public static long pmdMkclean(long pmd) {
    return Pte.pteMkclean(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkwrite_novma")
  public static long pmdMkwriteNovma(long pmd) {
    return Pte.pteMkwriteNovma(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_wrprotect")
  public static long pmdWrprotect(long pmd) {
    return Pte.pteWrprotect(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_mkuffd_wp")
  public static long pmdMkuffdWp(long pmd) {
    return Pte.pteMkuffdWp(pmd);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_clear_uffd_wp")
  public static long pmdClearUffdWp(long pmd) {
    return Pte.pteClearUffdWp(pmd);
  }

  /** The same huge page with other protection bits. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pmd_modify")
  public static long pmdModify(long pmd, long newprot) {
    long flags = Pte.pteModify(pmd & ~Pte.PFN_MASK, newprot) & ~Pte.PFN_MASK;
    return pfnPmd(pmdPfn(pmd), flags | Pte.PSE);
  }

  /** The word of a huge page with these protection bits. */
  @PortedFrom("include/linux/huge_mm.h:folio_mk_pmd")
  public static long folioMkPmd(int folio, long pgprot) {
    return pmdMkhuge(pfnPmd(folio, pgprot));
  }

  /** The word that points to the table in this frame. */
  public static long tableWord(int pfn) {
    return Pte.pfnPte(pfn, PAGE_TABLE);
  }
}
