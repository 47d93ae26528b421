// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.machine.thp;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_ORDER;
import static org.samepage.mm.vma.MmFlags.MMF_HUGE_ZERO_FOLIO;

import java.util.concurrent.atomic.AtomicInteger;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/**
 * The huge page of zeros that all who read what was never written share. It is made when it is
 * first wanted; each address space that maps it has one use of it, until its end.
 */
public final class HugeZeroFolio {
  private final Folios folios;
  private final AtomicInteger hugeZeroFolio = new AtomicInteger(Frames.NO_PAGE);

  /** Address spaces that use the folio, and the one who can free it; 0 where there is none. */
  private final AtomicInteger hugeZeroRefcount = new AtomicInteger();

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
      return hugeZeroFolio.get();
    }
    if (!getHugeZeroFolio()) {
      return Frames.NO_PAGE;
    }
    if (mm.mmFlagsTestAndSet(MMF_HUGE_ZERO_FOLIO)) {
      putHugeZeroFolio();
    }
    return hugeZeroFolio.get();
  }

  /** Gives up the use of an address space that ends. */
  @PortedFrom("mm/huge_memory.c:mm_put_huge_zero_folio")
  public void mmPutHugeZeroFolio(Mm mm) {
    if (mm.mmFlagsTest(MMF_HUGE_ZERO_FOLIO)) {
      putHugeZeroFolio();
    }
  }

  /** The folio's memory is had without a lock: who finds that another was quicker gives it back. */
  @PortedFrom("mm/huge_memory.c:get_huge_zero_folio")
  private boolean getHugeZeroFolio() {
    while (!incNotZero()) {
      int folio = folios.vmaAllocFolioNoprof(0, HPAGE_PMD_ORDER);
      if (folio == Frames.NO_PAGE) {
        return false;
      }
      if (hugeZeroFolio.compareAndSet(Frames.NO_PAGE, folio)) {
        folios.frames().setHugeZeroPfn(folio);
        hugeZeroRefcount.set(2);
        return true;
      }
      folios.folioPut(folio);
    }
    return true;
  }

  private boolean incNotZero() {
    return hugeZeroRefcount.getAndUpdate(count -> count == 0 ? 0 : count + 1) != 0;
  }

  @PortedFrom("mm/huge_memory.c:put_huge_zero_folio")
  private void putHugeZeroFolio() {
    if (hugeZeroRefcount.decrementAndGet() <= 0) {
      throw new IllegalStateException("the huge page of zeros was put once too often");
    }
  }

  /** Address spaces that use it. */
  public int uses() {
    return Math.max(0, hugeZeroRefcount.get() - 1);
  }

  /** Frees the folio if nobody uses it. */
  @PortedFrom("mm/huge_memory.c:shrink_huge_zero_folio_scan")
  public boolean shrinkHugeZeroFolioScan() {
    if (!hugeZeroRefcount.compareAndSet(1, 0)) {
      return false;
    }
    int folio = hugeZeroFolio.getAndSet(Frames.NO_PAGE);
    folios.frames().setHugeZeroPfn(Frames.NO_PAGE);
    folios.folioPut(folio);
    return true;
  }
}
