// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.vma.AddressSpace;
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

  @Test
  void the_events_say_of_what_kind_the_folio_was_and_what_the_walk_did() {
    try (RmapFixture f = new RmapFixture()) {
      VmArea vma = f.vma(1);
      int folio = f.faulted(vma, RmapFixture.BASE);
      f.fork(vma, RmapFixture.BASE);
      AddressSpace file = new AddressSpace(f.memory.sched, "file", 4096);
      VmArea shared = f.fileVma(file, 0, 1);
      int ofFile = f.folios.vmaAllocFolioNoprof(0);
      f.memory.frames.setMapping(ofFile, file);
      f.mapFile(shared, ofFile, 0);
      f.folios.folioLock(folio);
      f.folios.folioLock(ofFile);
      f.memory.sched.current().work.rmapSecondPasses = 5; // of walks before
      List<RmapWalkWork> works = new ArrayList<>();
      List<String> types = new ArrayList<>();
      f.trace.tracepointProbeRegister(
          new RmapTrace() {
            @Override
            public void rmapWalk(int walked, Object rwc, long nanos, String type, boolean locked) {
              types.add(type);
            }

            @Override
            public void rmapWalkWork(RmapWalkWork work) {
              works.add(work);
            }
          });
      assertThat(f.referenced.folioReferenced(folio, true).count()).isEqualTo(1);
      assertThat(f.referenced.folioReferenced(folio, true).count()).isZero();
      f.walk.rmapWalk(ofFile, new Visitor());
      f.walk.rmapWalkLocked(ofFile, new Visitor());
      f.memory.frames.setMapping(folio, FolioMapping.KSM_WITHOUT_NODE);
      f.walk.rmapWalk(folio, new Visitor());
      assertThat(types).containsExactly("anon", "anon", "file", "file", "ksm");
      assertThat(works.getFirst()).isEqualTo(new RmapWalkWork(folio, 2, 2, 0, 0, 2, 0));
      assertThat(works.get(1)).as("not those before").isEqualTo(works.getFirst());
      assertThat(works.get(2)).isEqualTo(new RmapWalkWork(ofFile, 1, 1, 0, 0, 0, 0));
      assertThat(works.get(3)).isEqualTo(works.get(2));
    }
  }
}
