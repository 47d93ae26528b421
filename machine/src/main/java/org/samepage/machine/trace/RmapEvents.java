// SPDX-License-Identifier: GPL-2.0-only
// Fields of include/trace/events/rmap.h, as posted.
package org.samepage.machine.trace;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** The event of trace system {@code rmap}, and ours beside it. */
final class RmapEvents {
  private RmapEvents() {}

  /** Both by default: off. */
  @Category({"Kernel", "rmap"})
  @Enabled(false)
  @StackTrace(false)
  abstract static class RmapEvent extends Event {}

  @Name("rmap.rmap_walk")
  @Label("A walk over the mappings of a page has ended")
  static final class RmapWalk extends RmapEvent {
    @Name("folio")
    long folio;

    @Name("rwc")
    long rwc;

    @Name("duration_ns")
    long durationNs;

    @Name("page_type")
    @Nullable String pageType;

    @Name("locked")
    boolean locked;
  }

  @Name("samepage.rmap_walk_work")
  @Label("What that walk did")
  static final class RmapWalkDone extends RmapEvent {
    @Name("folio")
    long folio;

    @Name("iterations")
    long iterations;

    @Name("max_iterations")
    long maxIterations;

    @Name("max_out_of_range")
    long maxOutOfRange;

    @Name("max_mm_mismatch")
    long maxMmMismatch;

    @Name("ptes_found")
    long ptesFound;

    @Name("second_passes")
    long secondPasses;
  }
}
