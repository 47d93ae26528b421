// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.advisor;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The registered advisors, one of them chosen. */
@PortedFrom(
    value = "mm/ksm.c:ksm_advisor",
    fidelity = Fidelity.ADAPTED,
    differs = "those registered, in their order, where C has an enum")
public final class Advisors {
  private final Map<String, Advisor> byName;
  private volatile Advisor chosen;
  private boolean held;

  /**
   * With the first one chosen.
   *
   * @param byName in the order in which {@code advisor_mode} lists them
   */
  public Advisors(Map<String, Advisor> byName) {
    this.byName = byName;
    this.chosen = byName.values().iterator().next();
  }

  public Advisor chosen() {
    return chosen;
  }

  /** While held, it is not told of passes. Holds ksm_thread_mutex. */
  public void hold(boolean hold) {
    held = hold;
  }

  /** A full pass begins. Holds ksm_thread_mutex. */
  public void startScan() {
    if (!held) {
      chosen.startScan();
    }
  }

  /** A full pass is complete. Holds ksm_thread_mutex. */
  public void stopScan() {
    if (!held) {
      chosen.stopScan();
    }
  }

  /** All names, the chosen one in brackets. */
  public String listing() {
    return byName.values().stream()
        .map(a -> a == chosen ? "[" + a.name() + "]" : a.name())
        .collect(Collectors.joining(" "));
  }

  public Set<String> names() {
    return byName.keySet();
  }

  /**
   * Chooses one; its defaults are set unless it was chosen already.
   *
   * @param name one of {@link #names}
   */
  public void choose(String name) {
    Advisor next = Objects.requireNonNull(byName.get(name), name);
    boolean changes = next != chosen;
    chosen = next;
    if (changes) {
      next.chosen();
    }
  }
}
