// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.capture.format.CaptureReader;
import org.samepage.capture.testing.Drawn;

/** A capture as statements. */
final class ScenarioTextTest {
  @Test
  void runs_of_pages_are_one_statement(@TempDir Path folder) throws Exception {
    Path file =
        new Drawn()
            .snapshot(0)
            .process(7, 1, new long[] {5, 5, 5, 8, 9, 7, 0, 0, -1, 5})
            .process(8, 1, new long[] {9})
            .file(folder);
    StringWriter out = new StringWriter();
    ScenarioText text = new ScenarioText(out);
    CaptureReader.read(file, text);
    text.finish();
    assertThat(
            out.toString().lines().filter(line -> line.startsWith("P") || line.startsWith("pro")))
        .containsExactly(
            "process P7",
            "P7 prctl MEMORY_MERGE 1",
            "P7 mmap M0 10p noreserve",
            "P7 write M0[0p..3p] id=1",
            "P7 write M0[3p..6p] seq=2",
            "P7 write M0[6p..8p] zero",
            "P7 write M0[9p..10p] id=1",
            "process P8",
            "P8 prctl MEMORY_MERGE 1",
            "P8 mmap M0 1p noreserve",
            "P8 write M0[0p..1p] id=3");
  }
}
