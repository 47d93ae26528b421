// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/ksm.h.
package org.samepage.ksm.trace;

import java.util.Arrays;
import java.util.function.Consumer;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** The probes that are told. Without one, an event costs one read. Safe for many threads. */
@PortedFrom(
    value = "include/linux/tracepoint.h:tracepoint",
    fidelity = Fidelity.ADAPTED,
    differs = "one for all events of the file")
public final class KsmTracepoints {
  private static final KsmTrace[] NONE = {};

  private volatile KsmTrace[] probes = NONE;

  /** Tells this probe too, from the next event on. */
  @PortedFrom("kernel/tracepoint.c:tracepoint_probe_register")
  public synchronized void tracepointProbeRegister(KsmTrace probe) {
    KsmTrace[] more = Arrays.copyOf(probes, probes.length + 1);
    more[probes.length] = probe;
    probes = more;
  }

  /** Tells it no more. */
  @PortedFrom("kernel/tracepoint.c:tracepoint_probe_unregister")
  public synchronized void tracepointProbeUnregister(KsmTrace probe) {
    probes = Arrays.stream(probes).filter(p -> p != probe).toArray(KsmTrace[]::new);
  }

  /** Whether anybody wants to be told. */
  public boolean enabled() {
    for (KsmTrace probe : probes) {
      if (probe.isEnabled()) {
        return true;
      }
    }
    return false;
  }

  /** Tells all probes. Behind {@link #enabled}, so that nothing is made for nobody. */
  public void emit(Consumer<KsmTrace> event) {
    for (KsmTrace probe : probes) {
      event.accept(probe);
    }
  }
}
