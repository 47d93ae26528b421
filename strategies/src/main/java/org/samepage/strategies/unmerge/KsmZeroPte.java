// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/ksm.h.
package org.samepage.strategies.unmerge;

import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.PortedFrom;

/** Tells the zero pages apart. */
final class KsmZeroPte {
  private KsmZeroPte() {}

  /** A zero page that ksmd put in is dirty; one that a read fault mapped is not. */
  @PortedFrom("include/linux/ksm.h:is_ksm_zero_pte")
  static boolean isKsmZeroPte(long pte) {
    return Folios.isZeroPfn(Pte.ptePfn(pte)) && Pte.pteDirty(pte);
  }
}
