// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.trace;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * The probes that are told. Without one, an event costs one read. Safe for many threads.
 *
 * @param <P> what a probe of these events can be told
 */
@PortedFrom(
    value = "include/linux/tracepoint.h:tracepoint",
    fidelity = Fidelity.ADAPTED,
    differs = "one for all events of a file")
public class Tracepoints<P extends Probe> {
  private final IntFunction<P[]> arrays;
  private volatile P[] probes;

  /**
   * Nobody is told yet.
   *
   * @param arrays makes an array of that many probes
   */
  public Tracepoints(IntFunction<P[]> arrays) {
    this.arrays = arrays;
    probes = arrays.apply(0);
  }

  /** Tells this probe too, from the next event on. */
  @PortedFrom("kernel/tracepoint.c:tracepoint_probe_register")
  public final synchronized void tracepointProbeRegister(P probe) {
    P[] more = Arrays.copyOf(probes, probes.length + 1);
    more[probes.length] = probe;
    probes = more;
  }

  /** Tells it no more. */
  @PortedFrom("kernel/tracepoint.c:tracepoint_probe_unregister")
  public final synchronized void tracepointProbeUnregister(P probe) {
    probes = Arrays.stream(probes).filter(p -> p != probe).toArray(arrays);
  }

  /** Whether anybody wants to be told. */
  public final boolean enabled() {
    for (P probe : probes) {
      if (probe.isEnabled()) {
        return true;
      }
    }
    return false;
  }

  /** Tells all probes. Behind {@link #enabled}, so that nothing is made for nobody. */
  public final void emit(Consumer<P> event) {
    for (P probe : probes) {
      event.accept(probe);
    }
  }
}
