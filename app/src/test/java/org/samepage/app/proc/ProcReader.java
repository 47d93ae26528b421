// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.proc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.samepage.machine.ProcFs;
import org.samepage.machine.SyscallException;

/** Reads /proc, whoever's it is. */
interface ProcReader {
  /** A whole text file. */
  String text(String path);

  /** As pread(2). */
  int bytes(String path, long offset, ByteBuffer into);

  /** Words of a file of words. */
  default long[] words(String path, long first, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int found = bytes(path, first * Long.BYTES, bytes);
    long[] words = new long[found / Long.BYTES];
    bytes.flip().asLongBuffer().get(words);
    return words;
  }

  /** The one of the kernel that this runs on. */
  static ProcReader ofHost() {
    return new ProcReader() {
      @Override
      public String text(String path) {
        try {
          return Files.readString(Path.of(path));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public int bytes(String path, long offset, ByteBuffer into) {
        try (FileChannel file = FileChannel.open(Path.of(path), StandardOpenOption.READ)) {
          return Math.max(0, file.read(into, offset));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  /** The one of a machine. */
  static ProcReader of(ProcFs proc) {
    return new ProcReader() {
      @Override
      public String text(String path) {
        try {
          return proc.read(path);
        } catch (SyscallException e) {
          throw new AssertionError(path, e);
        }
      }

      @Override
      public int bytes(String path, long offset, ByteBuffer into) {
        try {
          return proc.read(path, offset, into);
        } catch (SyscallException e) {
          throw new AssertionError(path, e);
        }
      }
    };
  }
}
