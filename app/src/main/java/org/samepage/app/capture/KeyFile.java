// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.capture.digest.CaptureKey;

/** Where the key of a capture comes from. */
public final class KeyFile {
  private KeyFile() {}

  /**
   * A key.
   *
   * @param file holds its bytes; null for a random key that nobody keeps
   */
  public static CaptureKey key(@Nullable Path file) {
    if (file == null) {
      return CaptureKey.of(random(CaptureKey.BYTES));
    }
    try {
      if (Files.size(file) == CaptureKey.BYTES) {
        return CaptureKey.of(Files.readAllBytes(file));
      }
    } catch (IOException e) {
      throw new UserMistakeException(file + " cannot be read");
    }
    throw new UserMistakeException(
        "%s is no key: that has %d random bytes, as 'head -c %2$d /dev/urandom > FILE' makes them"
            .formatted(file, CaptureKey.BYTES));
  }

  /** Bytes that nobody can guess. */
  public static byte[] random(int count) {
    byte[] bytes = new byte[count];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }
}
