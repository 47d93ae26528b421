// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/include/asm/{pgtable,pgtable_types}.h.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * What of page-table words depends on how the kernel was built; {@link Pte} and {@link SwapEntry}
 * are what does not.
 *
 * <p>One for each machine. The bits are final masks, 0 where there are none, so that setting one
 * takes no branch.
 */
public final class PteLayout {
  /** Of the reference kernel. */
  public static final PteLayout REFERENCE = new PteLayout(KernelOptions.REFERENCE);

  private static final long SWP_SOFT_DIRTY = Pte.RW;

  /** The types of entries that are not present. */
  public final SwapTypes types;

  private final long softDirty;
  private final long swpSoftDirty;

  public PteLayout(KernelOptions options) {
    this.types = new SwapTypes(options);
    this.softDirty = options.softDirty() ? Pte.SOFT_DIRTY : 0;
    this.swpSoftDirty = options.softDirty() ? SWP_SOFT_DIRTY : 0;
  }

  /** Whether writes are tracked. */
  @PortedFrom("include/linux/pgtable.h:pgtable_supports_soft_dirty")
  public boolean pgtableSupportsSoftDirty() {
    return softDirty != 0;
  }

  /** Dirty for writeback and, where that is tracked, for whoever clears soft-dirty bits. */
  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mkdirty")
  public long pteMkdirty(long pte) {
    return Pte.pteMkdirty(pte | softDirty);
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_soft_dirty")
  public boolean pteSoftDirty(long pte) {
    return (pte & softDirty) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_mksoft_dirty")
  public long pteMksoftDirty(long pte) {
    return pte | softDirty;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_clear_soft_dirty")
  public long pteClearSoftDirty(long pte) {
    return pte & ~softDirty;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_soft_dirty")
  public boolean pteSwpSoftDirty(long pte) {
    return (pte & swpSoftDirty) != 0;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_mksoft_dirty")
  public long pteSwpMksoftDirty(long pte) {
    return pte | swpSoftDirty;
  }

  @PortedFrom("arch/x86/include/asm/pgtable.h:pte_swp_clear_soft_dirty")
  public long pteSwpClearSoftDirty(long pte) {
    return pte & ~swpSoftDirty;
  }

  /** A word that mremap moves: whoever tracks writes is to notice. */
  @PortedFrom(
      value = "mm/mremap.c:move_soft_dirty_pte",
      fidelity = Fidelity.ADAPTED,
      differs = "not for a word that is none, which nobody moves")
  public long moveSoftDirtyPte(long pte) {
    return pte | (Pte.ptePresent(pte) ? softDirty : swpSoftDirty);
  }
}
