// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.samepage.app.workbench.UserMistakeException;

/** Writes files whole or not at all. */
public final class SafeFile {
  private SafeFile() {}

  /** Fails now where a file could not be written later. */
  public static Path check(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new UserMistakeException(file + " cannot be written: there is no such folder");
    }
    if (!Files.isWritable(Files.exists(file) ? file : folder)) {
      throw new UserMistakeException(file + " cannot be written");
    }
    return file;
  }

  /** Replaces a file by this text, in one step. */
  public static void write(Path file, String text) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        Files.writeString(file, text); // a device or a pipe, which cannot be replaced
        return;
      }
      Path folder = file.toAbsolutePath().getParent();
      Path fresh = Files.createTempFile(folder, ".samepage-", ".tmp");
      try {
        Files.writeString(fresh, text);
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      throw new UserMistakeException(file + " cannot be written: " + e.getMessage());
    }
  }
}
