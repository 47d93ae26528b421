// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.advisor;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** A choice of {@code advisor_mode}. Everything under ksm_thread_mutex but {@link #chosen}. */
@PortedFrom(
    value = "mm/ksm.c:ksm_advisor_type",
    fidelity = Fidelity.ADAPTED,
    differs = "an object for each constant")
public interface Advisor {
  /** The name that is written to {@code advisor_mode}. */
  String name();

  /** Whether {@code pages_to_scan} is the administrator's to set. */
  boolean leavesPagesToScan();

  /** It was chosen, and another was before. */
  void chosen();

  /** A full pass begins. */
  void startScan();

  /** A full pass is complete. */
  void stopScan();
}
