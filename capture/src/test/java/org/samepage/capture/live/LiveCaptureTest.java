// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.StringReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.digest.PageDigest;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.VmaFlag;
import org.samepage.capture.testing.Told;

/** Our own process, captured. */
final class LiveCaptureTest {
  private static final int PAGES = 600; // more than a chunk, and than two

  private static Told capture(CaptureKey key) throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/pagemap")), "there is no /proc/self/pagemap");
    Told told = new Told();
    try (LiveCapture live = new LiveCapture(told, key, new byte[16], _ -> {})) {
      Losses losses = live.process((int) ProcessHandle.current().pid());
      assertThat(losses).isNotNull();
      assertThat(losses.state()).isIn(Losses.State.WHOLE, Losses.State.CHANGED);
    }
    return told;
  }

  @Test
  void each_page_is_told_with_its_hash_or_as_what_it_is() throws Exception {
    CaptureKey key = CaptureKey.of(new byte[CaptureKey.BYTES]);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(PAGES * 4096L, 4096);
      memory.fill((byte) 0);
      for (int page = 0; page < PAGES; page++) {
        if (page % 3 != 0) {
          memory.set(ValueLayout.JAVA_INT, page * 4096L + 4092, page);
        }
      }
      Told told = capture(key);
      long[] digests = new long[2 * PAGES];
      new PageDigest(key).digest(memory, 0, PAGES, digests, 0);
      for (int page = 0; page < PAGES; page++) {
        String address = Long.toHexString(memory.address() + page * 4096L);
        String expected =
            page % 3 == 0
                ? address + " ZEROS"
                : address + " CONTENT %x %x".formatted(digests[2 * page], digests[2 * page + 1]);
        List<String> seen =
            told.lines.stream()
                .filter(line -> line.startsWith(address + " "))
                .map(line -> line.replace(" huge", ""))
                .map(line -> String.join(" ", List.of(line.split(" ")).stream().limit(4).toList()))
                .toList();
        assertThat(seen).as("page %d", page).containsExactly(expected);
      }
    }
  }

  @Test
  void what_is_not_there_is_said() throws Exception {
    CaptureKey key = CaptureKey.of(new byte[CaptureKey.BYTES]);
    assumeTrue(Files.exists(Path.of("/proc/self/pagemap")), "there is no /proc/self/pagemap");
    Told told = new Told();
    try (LiveCapture live = new LiveCapture(told, key, new byte[16], _ -> {})) {
      assertThat(live.process(Integer.MAX_VALUE)).isNull();
    }
    assertThat(told.lines).isEmpty();
  }

  @Test
  void smaps_is_read_with_names_flags_and_counts() throws Exception {
    String text =
        """
        5555-6000 r-xp 00000000 fe:00 12                 /a b
        """
                .replace("5555-6000", "555555554000-555555556000")
            + """
            Size:                  8 kB
            Rss:                   4 kB
            AnonHugePages:         0 kB
            Swap:                  2 kB
            SwapPss:               1 kB
            VmFlags: rd ex mr mw me mg xx
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
            Rss:                   0 kB
            VmFlags: ex
            """;
    List<LiveVma> vmas = SmapsFile.parse(new BufferedReader(new StringReader(text)));
    assertThat(vmas).hasSize(1);
    LiveVma vma = vmas.getFirst();
    assertThat(vma.residentKib()).isEqualTo(4);
    assertThat(vma.swappedKib()).isEqualTo(2);
    CapturedVma mapping = vma.vma();
    assertThat(mapping.name()).isEqualTo("/a b");
    assertThat(mapping.flags())
        .containsExactlyInAnyOrder(VmaFlag.READ, VmaFlag.EXEC, VmaFlag.MERGEABLE);
    assertThat(mapping.mayBeMerged()).isTrue();
  }
}
