// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.util.ArrayList;
import java.util.List;
import org.samepage.rmap.trace.RmapTrace;
import org.samepage.rmap.trace.RmapWalkWork;

/** Remembers the walks over pages of one kind. */
final class WalkProbe implements RmapTrace {
  private final String type;
  private final List<Long> durations = new ArrayList<>();
  private final List<RmapWalkWork> works = new ArrayList<>();
  private boolean wanted;

  /**
   * For pages of one kind.
   *
   * @param type as in the event
   */
  WalkProbe(String type) {
    this.type = type;
  }

  @Override
  public void rmapWalk(int folio, Object rwc, long durationNs, String pageType, boolean locked) {
    wanted = pageType.equals(type);
    if (wanted) {
      durations.add(durationNs);
    }
  }

  @Override
  public void rmapWalkWork(RmapWalkWork work) {
    if (wanted) {
      works.add(work);
    }
  }

  List<Long> durations() {
    return durations;
  }

  List<RmapWalkWork> works() {
    return works;
  }
}
