// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;
import static org.samepage.mm.vma.MmFlags.MMF_HUGE_ZERO_FOLIO;

import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/**
 * The huge page of zeros that all who read what was never written share. It is made when it is
 * first wanted; each address space that maps it has one use of it, until its end.
 */
public final class HugeZeroFolio {
  private final Folios folios;
  private int uses;

  public HugeZeroFolio(Folios folios) {
    this.folios = folios;
  }

  /**
   * The folio, with a use of the address space.
   *
   * @return {@link Frames#NO_PAGE} where memory is short
   */
  @PortedFrom("mm/huge_memory.c:mm_get_huge_zero_folio")
  public int mmGetHugeZeroFolio(Mm mm) {
    if (mm.mmFlagsTest(MMF_HUGE_ZERO_FOLIO)) {
      return folios.frames().hugeZeroPfn();
    }
    if (!getHugeZeroFolio()) {
      return Frames.NO_PAGE;
    }
    if (mm.mmFlagsTestAndSet(MMF_HUGE_ZERO_FOLIO)) {
      putHugeZeroFolio();
    }
    return folios.frames().hugeZeroPfn();
  }

  /** Gives up the use of an address space that ends. */
  @PortedFrom("mm/huge_memory.c:mm_put_huge_zero_folio")
  public void mmPutHugeZeroFolio(Mm mm) {
    if (mm.mmFlagsTest(MMF_HUGE_ZERO_FOLIO)) {
      putHugeZeroFolio();
    }
  }

  @PortedFrom(
      value = "mm/huge_memory.c:get_huge_zero_folio",
      fidelity = Fidelity.ADAPTED,
      differs = "one after the other")
  private synchronized boolean getHugeZeroFolio() {
    if (folios.frames().hugeZeroPfn() == Frames.NO_PAGE) {
      int folio = folios.vmaAllocFolioNoprof(0, HPAGE_PMD_ORDER);
      if (folio == Frames.NO_PAGE) {
        return false;
      }
      folios.frames().setHugeZeroPfn(folio);
    }
    uses++;
    return true;
  }

  @PortedFrom(
      value = "mm/huge_memory.c:put_huge_zero_folio",
      fidelity = Fidelity.ADAPTED,
      differs = "the count without the shrinker's own")
  private synchronized void putHugeZeroFolio() {
    uses--;
  }

  /** Address spaces that use it. */
  public synchronized int uses() {
    return uses;
  }

  /** Frees the folio if nobody uses it. */
  @PortedFrom("mm/huge_memory.c:shrink_huge_zero_folio_scan")
  public synchronized boolean shrinkHugeZeroFolioScan() {
    int folio = folios.frames().hugeZeroPfn();
    if (folio == Frames.NO_PAGE || uses != 0) {
      return false;
    }
    folios.frames().setHugeZeroPfn(Frames.NO_PAGE);
    folios.folioPut(folio);
    return true;
  }
}
