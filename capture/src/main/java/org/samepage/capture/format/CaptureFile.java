// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file that is there whole or not at all: written under another name in the same folder, readable
 * by its owner alone, brought to the disk, renamed.
 */
public final class CaptureFile implements AutoCloseable {
  private static final Set<PosixFilePermission> OWNER_ALONE =
      PosixFilePermissions.fromString("rw-------");

  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private final OutputStream out;
  private boolean kept;

  private CaptureFile(Path target, Path temporary, FileChannel channel) {
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
    this.out = Channels.newOutputStream(channel);
  }

  /** Begins a file. */
  public static CaptureFile create(Path file) throws IOException {
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new IOException(file + " is there, and no file");
    }
    Path folder = target.getParent();
    Path temporary =
        Files.createTempFile(
            folder, ".samepage-", ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ALONE));
    return new CaptureFile(
        target, temporary, FileChannel.open(temporary, StandardOpenOption.WRITE));
  }

  /** Where its bytes go; closing it is not needed. */
  public OutputStream out() {
    return out;
  }

  /** Bytes written so far. */
  public long size() throws IOException {
    return channel.position();
  }

  /** Gives the file its name; it is on the disk then. */
  public void keep() throws IOException {
    channel.force(true);
    channel.close();
    Files.move(
        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    kept = true;
    try (FileChannel folder = FileChannel.open(folderOf(target), StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  private static Path folderOf(Path file) throws IOException {
    Path folder = file.getParent();
    if (folder == null) {
      throw new IOException(file + " is in no folder");
    }
    return folder;
  }

  /** Removes what was written, unless it was kept. */
  @Override
  public void close() throws IOException {
    channel.close();
    if (!kept) {
      Files.deleteIfExists(temporary);
    }
  }
}
