// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/linux/ksm.h.
package org.samepage.machine.fault.parts;

import java.util.concurrent.atomic.AtomicLong;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/** Keeps count of the zero pages that ksmd put in, where they are unmapped or replaced. */
public final class KsmZeroPages {
  private final AtomicLong ksmZeroPages;

  /**
   * Counts down from there.
   *
   * @param ksmZeroPages the machine's count
   */
  public KsmZeroPages(AtomicLong ksmZeroPages) {
    this.ksmZeroPages = ksmZeroPages;
  }

  /** Whether this entry maps the zero page because ksmd put it there: it is dirty then. */
  @PortedFrom("include/linux/ksm.h:is_ksm_zero_pte")
  public static boolean isKsmZeroPte(long pte) {
    return Folios.isZeroPfn(Pte.ptePfn(pte)) && Pte.pteDirty(pte);
  }

  /** To be called wherever an entry without a normal page goes. */
  @PortedFrom("include/linux/ksm.h:ksm_might_unmap_zero_page")
  public void ksmMightUnmapZeroPage(Mm mm, long pte) {
    if (isKsmZeroPte(pte)) {
      ksmZeroPages.decrementAndGet();
      mm.ksmZeroPages.decrementAndGet();
    }
  }
}
