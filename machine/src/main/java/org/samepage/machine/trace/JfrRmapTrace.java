// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.trace;

import jdk.jfr.FlightRecorder;
import org.samepage.rmap.trace.RmapTrace;
import org.samepage.rmap.trace.RmapWalkWork;

/** Commits rmap walks to whatever Flight Recorder recording asks for them. */
public final class JfrRmapTrace implements RmapTrace {
  @Override
  public boolean isEnabled() {
    return FlightRecorder.isInitialized()
        && (new RmapEvents.RmapWalk().isEnabled() || new RmapEvents.RmapWalkDone().isEnabled());
  }

  @Override
  public void rmapWalk(int folio, Object rwc, long durationNs, String pageType, boolean locked) {
    RmapEvents.RmapWalk event = new RmapEvents.RmapWalk();
    if (event.isEnabled()) {
      event.folio = folio;
      event.rwc = System.identityHashCode(rwc);
      event.durationNs = durationNs;
      event.pageType = pageType;
      event.locked = locked;
      event.commit();
    }
  }

  @Override
  public void rmapWalkWork(RmapWalkWork work) {
    RmapEvents.RmapWalkDone event = new RmapEvents.RmapWalkDone();
    if (event.isEnabled()) {
      event.folio = work.folio();
      event.iterations = work.iterations();
      event.maxIterations = work.maxIterations();
      event.maxOutOfRange = work.maxOutOfRange();
      event.maxMmMismatch = work.maxMmMismatch();
      event.ptesFound = work.ptesFound();
      event.secondPasses = work.secondPasses();
      event.commit();
    }
  }
}
