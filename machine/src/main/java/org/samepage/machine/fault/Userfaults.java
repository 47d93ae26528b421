// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/userfaultfd.c.
package org.samepage.machine.fault;

import static org.samepage.mm.spi.FaultHandler.VM_FAULT_RETRY;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGBUS;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.UserfaultfdCtx;

/** Faults that are a userfaultfd's business. */
final class Userfaults {
  private Userfaults() {}

  /** A missing page, or a write to a protected one. */
  @PortedFrom(
      value = "fs/userfaultfd.c:handle_userfault",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "does not wait: nobody would resolve it")
  static int handleUserfault(Fault fault) {
    UserfaultfdCtx ctx = fault.vma().vmUserfaultfdCtx;
    boolean signal = ctx == null || ctx.has(UserfaultfdCtx.UFFD_FEATURE_SIGBUS);
    return signal || !fault.allowsRetry() ? VM_FAULT_SIGBUS : VM_FAULT_RETRY;
  }
}
