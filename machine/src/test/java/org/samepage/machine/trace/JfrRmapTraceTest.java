// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.page;

import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.machine.UserProcess;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.units.PageUnits;

/** Walks as events of the Flight Recorder. */
final class JfrRmapTraceTest {
  @TempDir Path folder;

  @Test
  void a_migration_is_two_walks_with_the_posted_fields_and_the_work_beside_each() throws Exception {
    List<RecordedEvent> events;
    try (Recording recording = new Recording();
        TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess process = m.mergeable(3);
      for (int i = 0; i < 3; i++) {
        TestMachine.write(process, i, 1);
      }
      m.passes(2);
      recording.enable("rmap.rmap_walk");
      recording.enable("samepage.rmap_walk_work");
      recording.start();
      process.migrateWithinNode(page(0), PageUnits.PAGE_SIZE);
      recording.stop();
      Path file = folder.resolve("walks.jfr");
      recording.dump(file);
      events = RecordingFile.readAllEvents(file);
    }
    List<RecordedEvent> walks = named(events, "rmap.rmap_walk");
    List<RecordedEvent> works = named(events, "samepage.rmap_walk_work");
    assertThat(walks).hasSize(2);
    assertThat(walks.getFirst().getEventType().getFields().stream().map(ValueDescriptor::getName))
        .contains("folio", "rwc", "duration_ns", "page_type", "locked");
    assertThat(walks).allMatch(walk -> walk.getString("page_type").equals("ksm"));
    assertThat(walks).noneMatch(walk -> walk.getBoolean("locked"));
    // try_to_migrate ends in the first pass, when all three are unmapped; the restore goes on to
    // the other mms' pass
    assertThat(works.stream().map(work -> work.getLong("iterations"))).containsExactly(3L, 6L);
    assertThat(works.stream().map(work -> work.getLong("ptes_found"))).containsExactly(3L, 3L);
    assertThat(works.stream().map(work -> work.getLong("max_mm_mismatch"))).containsExactly(0L, 1L);
    assertThat(walks.get(0).getLong("folio")).isEqualTo(works.get(0).getLong("folio"));
    assertThat(walks.get(0).getLong("folio")).isNotEqualTo(walks.get(1).getLong("folio"));
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream().filter(event -> event.getEventType().getName().equals(name)).toList();
  }
}
