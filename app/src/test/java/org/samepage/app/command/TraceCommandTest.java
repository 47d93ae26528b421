// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.app.Main;

/** {@code samepage trace}: the kernel's formats. */
final class TraceCommandTest {
  private static final String HEAD = "^ +%s-\\d+ +\\[000\\] \\.{5} +\\d+\\.\\d{6}: ";
  private static final String P = "[0-9a-f]{16}";

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private List<String> trace(int code, String... options) throws Exception {
    Path file = folder.resolve("t.scenario");
    Files.writeString(
        file,
        """
        process A
        A mmap X 3p
        A madvise X MERGEABLE
        A write X id=1
        scan 2
        A migrate X[0]
        A exit
        """);
    String[] arguments = new String[options.length + 2];
    arguments[0] = "trace";
    arguments[1] = file.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    assertThat(Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments))
        .as(err.toString())
        .isEqualTo(code);
    return out.toString().lines().toList();
  }

  @Test
  void events_are_printed_as_trace_pipe_does_with_the_posted_fields_and_the_work()
      throws Exception {
    List<String> lines = trace(0);
    List<String> patterns =
        List.of(
            HEAD.formatted("\\S+") + "ksm_enter: mm " + P,
            HEAD.formatted("ksmd") + "ksm_start_scan: seq 0 rmap size 0",
            HEAD.formatted("ksmd") + "ksm_stop_scan: seq 0 rmap size 3",
            HEAD.formatted("ksmd") + "ksm_start_scan: seq 1 rmap size 3",
            HEAD.formatted("ksmd")
                + "ksm_merge_with_ksm_page: pfn \\d+ rmap_item "
                + P
                + " mm "
                + P
                + " error 0",
            HEAD.formatted("ksmd")
                + "ksm_merge_with_ksm_page: ksm pfn \\d+ rmap_item "
                + P
                + " mm "
                + P
                + " error 0",
            HEAD.formatted("ksmd")
                + "ksm_merge_with_ksm_page: ksm pfn \\d+ rmap_item "
                + P
                + " mm "
                + P
                + " error 0",
            HEAD.formatted("ksmd") + "ksm_stop_scan: seq 1 rmap size 3",
            HEAD.formatted("\\S+")
                + "rmap_walk: folio="
                + P
                + " rwc="
                + P
                + " duration_ns=\\d+ page_type=ksm locked=false",
            HEAD.formatted("\\S+")
                + "rmap_walk_work: folio="
                + P
                + " iterations=3 max_iterations=1 max_out_of_range=0 max_mm_mismatch=0"
                + " ptes_found=3 second_passes=0",
            HEAD.formatted("\\S+")
                + "rmap_walk: folio="
                + P
                + " rwc="
                + P
                + " duration_ns=\\d+ page_type=ksm locked=false",
            HEAD.formatted("\\S+")
                + "rmap_walk_work: folio="
                + P
                + " iterations=6 max_iterations=1 max_out_of_range=0 max_mm_mismatch=1"
                + " ptes_found=3 second_passes=0",
            HEAD.formatted("\\S+") + "ksm_exit: mm " + P);
    assertThat(lines).hasSameSizeAs(patterns);
    for (int i = 0; i < patterns.size(); i++) {
      assertThat(lines.get(i)).matches(patterns.get(i) + "$");
    }
  }

  @Test
  void only_the_systems_that_are_asked_for_are_printed() throws Exception {
    assertThat(trace(0, "--events", "rmap"))
        .hasSize(4)
        .allMatch(line -> line.contains("rmap_walk"));
  }

  @Test
  void an_unknown_system_is_the_users_mistake() throws Exception {
    assertThat(trace(2, "--events", "rmaps")).isEmpty();
    assertThat(err.toString()).contains("unknown trace system rmaps").contains("rmap");
  }
}
