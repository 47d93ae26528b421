// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmScan;
import org.samepage.ksm.tree.GetFolio;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.VmArea;

/** What stands in the place of calls where a race is planted: see {@link Plant}. */
public final class Plants {
  private Plants() {}

  /** No slot is under the cursor. */
  public static @Nullable KsmMmSlot noSlot(KsmScan cursor) {
    return null;
  }

  /** As many references as there should be. */
  public static int countAsHoped(Folios folios, int folio) {
    return folios.folioMapcount(folio) + 1 + (folios.folioTestSwapcache(folio) ? 1 : 0);
  }

  /** A fault after which nobody looks again. */
  public static int faultOnce(FaultHandler faults, VmArea vma, long addr, int flags) {
    return faults.handleMmFault(vma, addr, flags) | FaultHandler.VM_FAULT_SIGBUS;
  }

  /** The folio of a node without its lock. */
  public static GetFolio withoutLock() {
    return GetFolio.KSM_GET_FOLIO_NOLOCK;
  }
}
