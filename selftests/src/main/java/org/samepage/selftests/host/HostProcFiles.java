// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.host;

import static org.samepage.mm.units.PageUnits.bytesToPages;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.kernel.ProcFiles;

/** A process's files in /proc, as they are. */
final class HostProcFiles {
  private HostProcFiles() {}

  static @Nullable String text(long pid, String name) {
    try {
      return Files.readString(ProcFiles.of(pid, name));
    } catch (IOException e) {
      return null;
    }
  }

  static long[] pagemap(long pid, long addr, int pages) {
    ByteBuffer bytes = ByteBuffer.allocate(pages * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel file =
        FileChannel.open(ProcFiles.of(pid, "pagemap"), StandardOpenOption.READ)) {
      long at = bytesToPages(addr) * Long.BYTES;
      while (bytes.hasRemaining()) {
        if (file.read(bytes, at + bytes.position()) < 0) {
          throw new EOFException();
        }
      }
    } catch (IOException e) {
      throw new SurroundingsException("pagemap cannot be read: " + e.getMessage(), e);
    }
    long[] words = new long[pages];
    bytes.flip().asLongBuffer().get(words);
    return words;
  }
}
