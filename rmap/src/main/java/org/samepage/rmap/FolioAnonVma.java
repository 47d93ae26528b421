// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c.
package org.samepage.rmap;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.vma.AnonVma;

/** Gets hold of the anon_vma of a folio that may be unmapped at any time. */
public final class FolioAnonVma {
  private final Folios folios;
  private final AnonRmap rmap;
  private final AnonVmas anonVmas;
  private final KernelLog log;

  public FolioAnonVma(Folios folios, AnonRmap rmap, AnonVmas anonVmas, KernelLog log) {
    this.folios = folios;
    this.rmap = rmap;
    this.anonVmas = anonVmas;
    this.log = log;
  }

  /**
   * The anon_vma with a reference; null for a KSM folio, and where the folio is not mapped.
   *
   * @param folio locked
   */
  @PortedFrom("mm/rmap.c:folio_get_anon_vma")
  public @Nullable AnonVma folioGetAnonVma(int folio) {
    log.bugOn(!folios.folioTestLocked(folio), "folio_get_anon_vma: folio is not locked");
    AnonVma anonVma = rmap.folioAnonVma(folio);
    if (anonVma == null || !folios.folioMapped(folio) || !atomicIncNotZero(anonVma.refcount)) {
      return null;
    }
    if (!folios.folioMapped(folio)) {
      anonVmas.putAnonVma(anonVma);
      return null;
    }
    return anonVma;
  }

  /**
   * The anon_vma, locked for reading; null as above, and where the control may only try and
   * somebody has the lock, which it is then told.
   *
   * @param folio locked
   */
  @PortedFrom(
      value = "mm/rmap.c:folio_lock_anon_vma_read",
      fidelity = Fidelity.ADAPTED,
      differs = "looks whether its reference is the last before it gives that up")
  public @Nullable AnonVma folioLockAnonVmaRead(int folio, RmapWalkControl rwc) {
    log.bugOn(!folios.folioTestLocked(folio), "folio_lock_anon_vma_read: folio is not locked");
    AnonVma anonVma = rmap.folioAnonVma(folio);
    if (anonVma == null || !folios.folioMapped(folio)) {
      return null;
    }
    if (anonVma.root.rwsem.readTryLock()) {
      if (!folios.folioMapped(folio)) {
        anonVma.root.rwsem.readUnlock();
        return null;
      }
      return anonVma;
    }
    if (rwc.tryLock) {
      rwc.contended = true;
      return null;
    }
    if (!atomicIncNotZero(anonVma.refcount)) {
      return null;
    }
    if (!folios.folioMapped(folio)) {
      anonVmas.putAnonVma(anonVma);
      return null;
    }
    anonVma.root.rwsem.readLock();
    if (anonVma.refcount.get() == 1) {
      // ours is the last reference: nobody can map the folio any more
      anonVma.root.rwsem.readUnlock();
      anonVmas.putAnonVma(anonVma);
      return null;
    }
    anonVmas.putAnonVma(anonVma);
    return anonVma;
  }

  @PortedFrom(
      value = "include/linux/atomic/atomic-instrumented.h:atomic_inc_not_zero",
      fidelity = Fidelity.ADAPTED,
      differs = "a loop over compare-and-set")
  private static boolean atomicIncNotZero(AtomicInteger counter) {
    for (int count = counter.get(); count != 0; count = counter.get()) {
      if (counter.compareAndSet(count, count + 1)) {
        return true;
      }
    }
    return false;
  }
}
