// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.advisor;

import org.samepage.ksm.state.KsmKnobs;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** {@code none}: pages_to_scan is what was written there. */
public final class NoAdvisor implements Advisor {
  private final KsmKnobs knobs;

  public NoAdvisor(KsmKnobs knobs) {
    this.knobs = knobs;
  }

  @Override
  public String name() {
    return "none";
  }

  @Override
  public boolean leavesPagesToScan() {
    return true;
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:set_advisor_defaults",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the branch of KSM_ADVISOR_NONE")
  public void chosen() {
    knobs.pagesToScan = KsmKnobs.DEFAULT_PAGES_TO_SCAN;
  }

  @Override
  public void startScan() {}

  @Override
  public void stopScan() {}
}
