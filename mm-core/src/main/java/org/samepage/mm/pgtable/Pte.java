// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/{pgtable,pgtable_types,pgtable-invert}.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/**
 * The word of a page-table entry, as functions over a {@code long}.
 *
 * <pre>
 *  63 62..59 58          57     52 51 .. 12  11    10      9       8      7   6 5 4 3 2 1 0
 *  NX pkey   SAVED_DIRTY SOFTW4    pfn       SOFT  UFFD_WP SPECIAL GLOBAL PAT D A     U W P
 * </pre>
 *
 * <p>A word that is not zero and not PRESENT has its pfn field inverted (the L1TF defence), so a
 * PROT_NONE page still reads back the pfn it was given.
 */
public final class Pte {
  public static final long PRESENT = 1L;
  public static final long RW = 1L << 1;
  public static final long USER = 1L << 2;
  public static final long ACCESSED = 1L << 5;
  public static final long DIRTY = 1L << 6;
  public static final long PSE = 1L << 7;

  /** GLOBAL, which means PROT_NONE while PRESENT is clear. */
  public static final long PROTNONE = 1L << 8;

  public static final long SPECIAL = 1L << 9;
  public static final long UFFD_WP = 1L << 10;

  /** Set only where {@link PteLayout} says that writes are tracked. */
  public static final long SOFT_DIRTY = 1L << 11;

  public static final long SAVED_DIRTY = 1L << 58;
  public static final long NX = 1L << 63;

  /** The bits that hold the pfn. */
  public static final long PFN_MASK = 0x000f_ffff_ffff_f000L;

  private static final int PFN_SHIFT = 12;

  /** What a change of protection keeps: PWT and PCD too. */
  private static final long CHG_MASK =
      PFN_MASK | 0x18 | SPECIAL | ACCESSED | DIRTY | SAVED_DIRTY | UFFD_WP | SOFT_DIRTY;

  private Pte() {}

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_none")
  public static boolean pteNone(long pte) {
    return pte == 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_present")
  public static boolean ptePresent(long pte) {
    return (pte & (PRESENT | PROTNONE)) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_write")
  public static boolean pteWrite(long pte) {
    return (pte & RW) != 0 || pteShstk(pte);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_shstk")
  private static boolean pteShstk(long pte) {
    return (pte & (RW | DIRTY)) == DIRTY;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_dirty")
  // tag::pte-dirty[]
  public static boolean pteDirty(long pte) {
    return (pte & (DIRTY | SAVED_DIRTY)) != 0;
  }

  // end::pte-dirty[]

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_young")
  public static boolean pteYoung(long pte) {
    return (pte & ACCESSED) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_special")
  public static boolean pteSpecial(long pte) {
    return (pte & SPECIAL) != 0;
  }

  /** The page frame number; of a word that is not present, what its bits say. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_pfn")
  // tag::pte-pfn[]
  public static long ptePfn(long pte) {
    return ((pte ^ protnoneMask(pte)) & PFN_MASK) >>> PFN_SHIFT;
  }

  // end::pte-pfn[]

  @PortedFrom("arch/x86/include/asm/pgtable-invert.h:protnone_mask")
  static long protnoneMask(long val) {
    return pteNeedsInvertRaw(val) ? -1L : 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable-invert.h:__pte_needs_invert")
  private static boolean pteNeedsInvertRaw(long val) {
    return val != 0 && (val & PRESENT) == 0;
  }

  /** The word that maps a frame with these protection bits. */
  @PortedFrom({"arch/x86/include/asm/pgtable.h:pfn_pte", "include/linux/pgtable.h:mk_pte"})
  public static long pfnPte(long pfn, long pgprot) {
    long field = (pfn << PFN_SHIFT) ^ protnoneMask(pgprot);
    return (field & PFN_MASK) | pgprot;
  }

  /** The same word for a page further on. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_advance_pfn")
  public static long pteAdvancePfn(long pte, long nr) {
    return pteNeedsInvertRaw(pte) ? pte - (nr << PFN_SHIFT) : pte + (nr << PFN_SHIFT);
  }

  /** Whether the page is there, but may not be touched. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_protnone")
  public static boolean pteProtnone(long pte) {
    return (pte & (PROTNONE | PRESENT)) == PROTNONE;
  }

  /** The same page with other protection bits. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_modify")
  public static long pteModify(long pte, long newprot) {
    long val = flipProtnoneGuard(pte, (pte & CHG_MASK) | (newprot & ~CHG_MASK));
    return (pte & RW) != 0 ? mksaveddirtyShift(val) : clearSaveddirtyShift(val);
  }

  @PortedFrom("arch/x86/include/asm/pgtable-invert.h:flip_protnone_guard")
  private static long flipProtnoneGuard(long oldval, long val) {
    return pteNeedsInvertRaw(oldval) == pteNeedsInvertRaw(val) ? val : val ^ PFN_MASK;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_uffd_wp")
  public static boolean pteUffdWp(long pte) {
    return (pte & UFFD_WP) != 0;
  }

  /** Protects for userfaultfd: not writable either. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkuffd_wp")
  public static long pteMkuffdWp(long pte) {
    return pteWrprotect(pte | UFFD_WP);
  }

  /** Ends that protection; the word stays not writable. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_clear_uffd_wp")
  public static long pteClearUffdWp(long pte) {
    return pte & ~UFFD_WP;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkwrite_novma")
  public static long pteMkwriteNovma(long pte) {
    return clearSaveddirtyShift(pte | RW);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_wrprotect")
  public static long pteWrprotect(long pte) {
    return mksaveddirtyShift(pte & ~RW);
  }

  /** Without the soft-dirty bit: for entries of processes call {@link PteLayout#pteMkdirty}. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkdirty")
  public static long pteMkdirty(long pte) {
    return mksaveddirtyShift(pte | DIRTY);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkclean")
  public static long pteMkclean(long pte) {
    return pte & ~(DIRTY | SAVED_DIRTY);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkyoung")
  public static long pteMkyoung(long pte) {
    return pte | ACCESSED;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkold")
  public static long pteMkold(long pte) {
    return pte & ~ACCESSED;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkspecial")
  public static long pteMkspecial(long pte) {
    return pte | SPECIAL;
  }

  /** Moves the dirty bit of a word that is not writable to where it cannot mean a shadow stack. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:mksaveddirty_shift")
  private static long mksaveddirtyShift(long v) {
    long cond = (~v >>> 1) & 1;
    v |= ((v >>> 6) & cond) << 58;
    return v & ~(cond << 6);
  }

  /** Moves it back where the word is writable. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:clear_saveddirty_shift")
  private static long clearSaveddirtyShift(long v) {
    long cond = (v >>> 1) & 1;
    v |= ((v >>> 58) & cond) << 6;
    return v & ~(cond << 58);
  }
}
