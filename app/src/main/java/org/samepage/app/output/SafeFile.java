// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.samepage.app.workbench.UserMistakeException;

/** Writes files whole or not at all. */
public final class SafeFile {
  private static final String PREFIX = ".samepage-";
  private static final String SUFFIX = ".tmp";

  private SafeFile() {}

  /** Fails now where a file could not be written later. */
  public static Path check(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new UserMistakeException(file + " cannot be written: there is no such folder");
    }
    if (Files.isDirectory(file)) {
      throw new UserMistakeException(file + " is a folder");
    }
    if (!Files.isWritable(Files.exists(file) ? file : folder)) {
      throw new UserMistakeException(file + " cannot be written");
    }
    return file;
  }

  /**
   * Makes a folder where it is not there; fails now where nothing could be written into it later.
   */
  public static Path folder(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, PREFIX, SUFFIX));
      return folder;
    } catch (IOException e) {
      throw new UserMistakeException(folder + " is no folder that can be written to");
    }
  }

  /** Replaces a file by this text, in one step. */
  public static void write(Path file, String text) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        Files.writeString(file, text); // a device or a pipe, which cannot be replaced
        return;
      }
      Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
      Path fresh = target.resolveSibling(PREFIX + ProcessHandle.current().pid() + SUFFIX);
      try {
        Files.writeString(fresh, text);
        if (Files.exists(target)) {
          Files.setPosixFilePermissions(fresh, Files.getPosixFilePermissions(target));
        }
        Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      throw new UserMistakeException(file + " cannot be written: " + e.getMessage());
    }
  }
}
