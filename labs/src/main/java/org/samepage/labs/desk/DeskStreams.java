// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.desk;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The messages between a grader and a desk: a length, then that many bytes of UTF-8. */
public final class DeskStreams {
  private static final int LONGEST = 1 << 24;

  private DeskStreams() {}

  /** Writes one. */
  public static void write(DataOutputStream out, String message) throws IOException {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
    out.flush();
  }

  /**
   * Reads one.
   *
   * @return null at the end
   * @throws IOException also where what comes is no message
   */
  public static @Nullable String read(DataInputStream in) throws IOException {
    int length;
    try {
      length = in.readInt();
    } catch (EOFException e) {
      return null;
    }
    if (length < 0 || length > LONGEST) {
      throw new IOException("no message: " + length + " bytes");
    }
    return new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }
}
