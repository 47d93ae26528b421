// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/ksm.h.
package org.samepage.ksm.trace;

import org.samepage.mm.trace.Tracepoints;

/** Who is told of KSM's events. */
public final class KsmTracepoints extends Tracepoints<KsmTrace> {
  /** Nobody is told yet. */
  public KsmTracepoints() {
    super(KsmTrace[]::new);
  }
}
