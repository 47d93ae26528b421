// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samepage.capture.testing.MadeUp;
import org.samepage.capture.testing.Told;

/** What is written is what is read; what is damaged is refused, with where. */
final class CaptureFormatTest {
  private static final int MUTANTS = 3_000;

  private static Told read(byte[] file) throws Exception {
    Told told = new Told();
    CaptureReader.read("f.capture", new ByteArrayInputStream(file), told);
    return told;
  }

  private static Throwable fault(byte[] file) {
    return catchThrowable(() -> read(file));
  }

  @ParameterizedTest
  @EnumSource(Contents.class)
  void what_is_written_is_read(Contents contents) throws Exception {
    for (long seed = 0; seed < 50; seed++) {
      Told told = new Told();
      new MadeUp(seed, contents).tell(told);
      assertThat(read(MadeUp.file(seed, contents)).lines).as("seed %d", seed).isEqualTo(told.lines);
    }
  }

  @Test
  void a_file_that_ends_early_is_refused_wherever_it_ends() {
    byte[] file = MadeUp.file(1, Contents.HASH);
    for (int length = 0; length < file.length; length++) {
      Throwable fault = fault(Arrays.copyOf(file, length));
      assertThat(fault).as("cut at %d", length).isInstanceOf(CaptureException.class);
      assertThat(((CaptureException) fault).offset()).isLessThanOrEqualTo(length);
    }
  }

  @Test
  void a_changed_byte_is_found_out_wherever_it_is() {
    byte[] file = MadeUp.file(2, Contents.HASH);
    for (int at = 0; at < file.length; at++) {
      byte[] changed = file.clone();
      changed[at] ^= 0x10;
      Throwable fault = fault(changed);
      assertThat(fault).as("byte %d", at).isInstanceOf(CaptureException.class);
      assertThat(fault).hasMessageStartingWith("f.capture: at byte ");
      // but for a length, whose section then ends elsewhere, what is said is not behind it
      if (!fault.getMessage().contains("ends here")) {
        assertThat(((CaptureException) fault).offset()).as("byte %d", at).isLessThanOrEqualTo(at);
      }
    }
  }

  /** Checksums are made right again, so that all that is behind them is met. */
  @Test
  void nonsense_under_right_checksums_is_refused_or_harmless() {
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < MUTANTS; i++) {
      byte[] mutant = MadeUp.file(i % 20, i % 2 == 0 ? Contents.HASH : Contents.FULL);
      int changes = 1 + random.nextInt(3);
      for (int change = 0; change < changes; change++) {
        mutant[random.nextInt(mutant.length)] = (byte) (random.nextInt(3) - 1);
      }
      mendChecksums(mutant);
      Throwable fault = fault(mutant);
      if (fault != null) {
        assertThat(fault).as("mutant %d", i).isInstanceOf(CaptureException.class);
        refused++;
      }
    }
    assertThat(refused).isBetween(MUTANTS / 10, MUTANTS - 1);
  }

  private static void mendChecksums(byte[] file) {
    ByteBuffer all = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int at = CaptureFormat.MAGIC.length;
    while (at + CaptureFormat.SECTION_HEAD <= file.length) {
      long end = (long) at + CaptureFormat.SECTION_HEAD + all.getInt(at + 4);
      if (all.getInt(at + 4) < 0 || end + CaptureFormat.SECTION_TAIL > file.length) {
        return;
      }
      CRC32C crc = new CRC32C();
      crc.update(file, at, (int) end - at);
      all.putInt((int) end, (int) crc.getValue());
      at = (int) end + CaptureFormat.SECTION_TAIL;
    }
  }

  @Test
  void a_newer_version_is_named() {
    byte[] file = MadeUp.file(3, Contents.HASH);
    file[CaptureFormat.MAGIC.length + CaptureFormat.SECTION_HEAD] = 2;
    mendChecksums(file);
    assertThat(fault(file))
        .hasMessageContaining("version 2 of the format; this program reads up to 1");
  }

  @Test
  void what_is_no_capture_is_named_so() {
    assertThat(fault("#!/bin/sh\necho\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .hasMessage("f.capture: at byte 0: this is no capture of samepage");
    assertThat(fault(new byte[0])).hasMessage("f.capture: at byte 0: the file is empty");
    byte[] textMode = MadeUp.file(3, Contents.HASH);
    textMode[4] = '\n'; // as a transfer does that takes it for text
    assertThat(fault(textMode)).hasMessageContaining("no capture");
  }

  @Test
  void more_behind_the_end_is_refused() {
    byte[] file = MadeUp.file(4, Contents.HASH);
    assertThat(fault(Arrays.copyOf(file, file.length + 1)))
        .hasMessage(
            "f.capture: at byte %,d: there is more behind the last section".formatted(file.length));
  }

  @Test
  void a_file_appears_whole_or_not_at_all(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.capture");
    try (CaptureFile capture = CaptureFile.create(file)) {
      capture.out().write(1);
      assertThat(file).doesNotExist();
    }
    assertThat(folder).isEmptyDirectory();
    try (CaptureFile capture = CaptureFile.create(file)) {
      capture.out().write(2);
      capture.keep();
    }
    try (CaptureFile capture = CaptureFile.create(file)) {
      capture.out().write(3);
    }
    assertThat(Files.readAllBytes(file)).containsExactly(2);
    assertThat(Files.getPosixFilePermissions(file))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    assertThat(folder.toFile().list()).containsExactly("a.capture");
  }
}
