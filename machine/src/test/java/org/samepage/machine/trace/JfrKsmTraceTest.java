// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.machine.UserProcess;
import org.samepage.machine.testing.TestMachine;

/** Trace points as Flight Recorder events. */
final class JfrKsmTraceTest {
  private static final String[] ALL = {
    "ksm_start_scan",
    "ksm_stop_scan",
    "ksm_enter",
    "ksm_exit",
    "ksm_merge_one_page",
    "ksm_merge_with_ksm_page",
    "ksm_remove_ksm_page",
    "ksm_remove_rmap_item",
    "ksm_advisor"
  };

  @TempDir Path dir;

  private static void merge() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "ksm.use_zero_pages=1")) {
      UserProcess a = m.mergeable(3);
      TestMachine.write(a, 0, 1);
      TestMachine.write(a, 1, 1);
      a.writePage(TestMachine.page(2), new byte[4096]);
      m.passes(2);
      a.exit();
      m.passes(1);
    }
  }

  private List<RecordedEvent> record(Recording recording) throws Exception {
    try (recording) {
      recording.start();
      merge();
      recording.stop();
      Path file = dir.resolve("r.jfr");
      recording.dump(file);
      return RecordingFile.readAllEvents(file).stream()
          .filter(event -> event.getEventType().getName().startsWith("ksm."))
          .toList();
    }
  }

  @Test
  void a_recording_that_asks_for_none_gets_none() throws Exception {
    assertThat(record(new Recording())).isEmpty();
  }

  @Test
  void a_recording_gets_what_it_asks_for_with_the_kernels_names_and_fields() throws Exception {
    Recording recording = new Recording();
    for (String name : ALL) {
      recording.enable("ksm." + name);
    }
    List<RecordedEvent> events = record(recording);
    Map<String, Long> counts =
        new TreeMap<>(
            events.stream()
                .collect(
                    Collectors.groupingBy(
                        event -> event.getEventType().getName(), Collectors.counting())));
    assertThat(counts)
        .containsExactly(
            Map.entry("ksm.ksm_enter", 1L),
            Map.entry("ksm.ksm_exit", 1L),
            Map.entry("ksm.ksm_merge_one_page", 1L),
            Map.entry("ksm.ksm_merge_with_ksm_page", 2L),
            Map.entry("ksm.ksm_remove_ksm_page", 1L),
            Map.entry("ksm.ksm_remove_rmap_item", 1L),
            Map.entry("ksm.ksm_start_scan", 3L),
            Map.entry("ksm.ksm_stop_scan", 3L));
    List<RecordedEvent> merges =
        events.stream()
            .filter(event -> event.getEventType().getName().endsWith("merge_with_ksm_page"))
            .toList();
    assertThat(merges.get(0).getEventType().getFields().stream().map(ValueDescriptor::getName))
        .contains("ksm_page", "pfn", "rmap_item", "mm", "err");
    assertThat(merges.get(0).getLong("ksm_page")).isEqualTo(-1);
    assertThat(merges.get(1).getLong("ksm_page")).isEqualTo(merges.get(0).getLong("pfn"));
    assertThat(merges.get(0).getLong("mm")).isEqualTo(merges.get(1).getLong("mm")).isNotZero();
    assertThat(merges.get(0).getLong("rmap_item")).isNotEqualTo(merges.get(1).getLong("rmap_item"));
  }
}
