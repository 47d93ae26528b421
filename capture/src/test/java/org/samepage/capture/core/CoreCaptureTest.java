// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.testing.Told;

/** A core file put together as the ELF specification and the kernel's core notes have it. */
final class CoreCaptureTest {
  private static final int PAGE = 4096;
  private static final long HEAP = 0x555555554000L;
  private static final long LIBRARY = 0x7ffff7000000L;

  @TempDir Path folder;

  /** Two segments: four pages of heap, and two of a private file mapping whose second changed. */
  private byte[] core(Path library) {
    ByteBuffer core = ByteBuffer.allocate(PAGE * 7).order(ByteOrder.LITTLE_ENDIAN);
    core.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    core.putShort((short) 4).putShort((short) 62).putInt(1);
    core.putLong(24, 0).putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 3);
    byte[] notes = notes(library);
    segment(core, 64, 4, 0, 64 + 3 * 56, 0, notes.length, 0);
    segment(core, 64 + 56, 1, 6, PAGE, HEAP, 4 * PAGE, 5 * PAGE);
    segment(core, 64 + 112, 1, 5, 5 * PAGE, LIBRARY, 2 * PAGE, 2 * PAGE);
    core.put(64 + 3 * 56, notes);
    byte[] page = new byte[PAGE];
    Arrays.fill(page, (byte) 1);
    core.put(PAGE, page).put(3 * PAGE, page); // the second and the fourth stay zeros
    Arrays.fill(page, (byte) 'x');
    core.put(5 * PAGE, page);
    page[17] = 'y';
    core.put(6 * PAGE, page);
    return core.array();
  }

  private static void segment(
      ByteBuffer core, int at, int type, int flags, long offset, long start, long file, long mem) {
    core.putInt(at, type).putInt(at + 4, flags).putLong(at + 8, offset).putLong(at + 16, start);
    core.putLong(at + 32, file).putLong(at + 40, mem);
  }

  private static byte[] notes(Path library) {
    byte[] name = (library + "\0").getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    all.putInt(5).putInt(136).putInt(3).put("CORE\0\0\0\0".getBytes(StandardCharsets.US_ASCII));
    int process = all.position();
    all.putInt(process + 16, 1000).putInt(process + 24, 77).putInt(process + 28, 1);
    all.put(process + 40, "prog".getBytes(StandardCharsets.US_ASCII));
    all.position(process + 136);
    int size = 16 + 24 + name.length;
    all.putInt(5).putInt(size).putInt(0x46494c45);
    all.put("CORE\0\0\0\0".getBytes(StandardCharsets.US_ASCII));
    all.putLong(1).putLong(PAGE).putLong(LIBRARY).putLong(LIBRARY + 2 * PAGE).putLong(0);
    all.put(name);
    all.position(all.position() + 3 & ~3);
    return Arrays.copyOf(all.array(), all.position());
  }

  private Path library() throws IOException {
    byte[] bytes = new byte[2 * PAGE];
    Arrays.fill(bytes, (byte) 'x');
    return Files.write(folder.resolve("lib.so"), bytes);
  }

  private List<String> read(byte[] core, boolean zeros) throws Exception {
    Told told = new Told();
    CaptureKey key = CaptureKey.of(new byte[CaptureKey.BYTES]);
    Path file = Files.write(folder.resolve("core.77"), core);
    new CoreCapture(told, key, zeros).core(file, 1);
    return told.lines.stream().map(line -> line.replaceAll(" CONTENT .*", " CONTENT")).toList();
  }

  @Test
  void a_core_file_is_a_process_with_what_was_written_of_it() throws Exception {
    assertThat(read(core(library()), false))
        .containsExactly(
            "CapturedProcess[pid=77, ppid=1, uid=1000, name=prog]",
            "555555554000-555555559000 [READ, WRITE] 0 ",
            "555555554000 CONTENT",
            "555555556000 CONTENT",
            "7ffff7000000-7ffff7002000 [READ, EXEC] 0 " + folder.resolve("lib.so"),
            "7ffff7000000 FILE",
            "7ffff7001000 CONTENT",
            "Losses[unreadable=0, swapped=0, unshared=0, state=WHOLE]");
  }

  @Test
  void zeros_are_pages_where_that_is_wanted() throws Exception {
    assertThat(read(core(library()), true)).contains("555555555000 ZEROS", "555555557000 ZEROS");
  }

  @Test
  void pages_of_a_file_that_is_gone_are_counted() throws Exception {
    Told told = new Told();
    Path file = Files.write(folder.resolve("core"), core(folder.resolve("gone.so")));
    CoreCapture capture = new CoreCapture(told, CaptureKey.of(new byte[CaptureKey.BYTES]), false);
    assertThat(capture.core(file, 1)).isEqualTo(2);
  }

  @Test
  void what_is_no_core_file_or_cut_short_is_refused() throws Exception {
    byte[] core = core(library());
    for (int length : new int[] {0, 10, 63, 100, 300, 5 * PAGE}) {
      assertThat(catchThrowable(() -> read(Arrays.copyOf(core, length), false)))
          .as("cut at %d", length)
          .isInstanceOf(CaptureException.class);
    }
    byte[] program = core.clone();
    program[16] = 2;
    assertThat(catchThrowable(() -> read(program, false))).hasMessageContaining("no core file");
  }

  @Test
  void nonsense_is_refused_or_harmless() throws Exception {
    byte[] core = core(library());
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      byte[] mutant = core.clone();
      for (int change = 0; change < 3; change++) {
        mutant[random.nextInt(900)] = (byte) (random.nextInt(4) - 2);
      }
      Throwable refused = catchThrowable(() -> read(mutant, false));
      if (refused != null) {
        assertThat(refused).as("mutant %d", i).isInstanceOf(CaptureException.class);
      }
    }
  }
}
