// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.trace.RmapTrace;
import org.samepage.rmap.trace.RmapWalkWork;

/** The trace point of walks. */
final class RmapTraceTest {
  /** Visits and does nothing. */
  private static final class Visitor extends RmapWalkControl {
    @Override
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      return true;
    }
  }

  /** Writes down what it is told, if it wants to be told. */
  private static final class Log implements RmapTrace {
    final List<String> lines = new ArrayList<>();
    boolean wants = true;

    @Override
    public boolean isEnabled() {
      return wants;
    }

    @Override
    public void rmapWalk(int folio, Object rwc, long durationNs, String pageType, boolean locked) {
      lines.add("%d %s %s %s".formatted(folio, durationNs, pageType, locked));
    }

    @Override
    public void rmapWalkWork(RmapWalkWork work) {
      lines.add(work.folio() + " " + work.iterations() + " " + work.maxIterations());
    }
  }

  @Test
  void each_walk_has_its_two_events_while_somebody_wants_them() {
    try (RmapFixture f = new RmapFixture()) {
      VmArea vma = f.vma(1);
      int folio = f.faulted(vma, RmapFixture.BASE);
      f.folios.folioLock(folio);
      Log log = new Log();
      f.walk.rmapWalk(folio, new Visitor());
      f.trace.tracepointProbeRegister(log);
      f.walk.rmapWalk(folio, new Visitor());
      f.walk.rmapWalkLocked(folio, new Visitor());
      log.wants = false;
      f.walk.rmapWalk(folio, new Visitor());
      log.wants = true;
      f.trace.tracepointProbeUnregister(log);
      f.walk.rmapWalk(folio, new Visitor());
      // between begin and end the clock is looked at once more: 7 ns
      assertThat(log.lines)
          .containsExactly(
              folio + " 7 anon false", folio + " 1 1", folio + " 7 anon true", folio + " 1 1");
      f.folios.folioUnlock(folio);
    }
  }
}
