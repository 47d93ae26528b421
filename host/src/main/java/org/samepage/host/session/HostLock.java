// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.kernel.Knobs.Setting;

/**
 * One session at a time on a machine; and what has to be put back, where nobody is left to do it.
 */
final class HostLock implements AutoCloseable {
  private static final Path FOLDER = Path.of("/run");
  private static final Path LOCK = FOLDER.resolve("samepage-host.lock");
  private static final Path SOCKET = FOLDER.resolve("samepage-host.socket");
  private static final Path SAVED = FOLDER.resolve("samepage-host.saved");

  private final FileChannel channel;

  private HostLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Takes the lock, or says who has it. */
  static HostLock take() {
    try {
      FileChannel channel =
          FileChannel.open(
              LOCK, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (!locked(channel)) {
        String holder = Files.readString(LOCK).strip();
        channel.close();
        throw new SurroundingsException(
            "another run (process %s) uses this machine's KSM".formatted(holder));
      }
      channel.truncate(0);
      String pid = Long.toString(ProcessHandle.current().pid());
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.UTF_8)), 0);
      return new HostLock(channel);
    } catch (IOException e) {
      throw new SurroundingsException(LOCK + " cannot be locked: " + e.getMessage(), e);
    }
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // ours already
    }
  }

  /** Where the settings are saved until they have been put back. */
  Path saved() {
    return SAVED;
  }

  /** Where processes connect to. */
  Path socket() {
    return SOCKET;
  }

  /** Saves what has to be put back, before anything is changed. */
  void save(List<Setting> settings) {
    List<String> lines =
        settings.stream().map(setting -> setting.file() + " " + setting.value()).toList();
    Path temporary = SAVED.resolveSibling(SAVED.getFileName() + ".new");
    try {
      Files.write(temporary, lines);
      Files.move(temporary, SAVED, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new SurroundingsException(SAVED + " cannot be written: " + e.getMessage(), e);
    }
  }

  /** What a session left that could not put it back; null where all is well. */
  @Nullable List<Setting> leftBehind() {
    if (!Files.exists(SAVED)) {
      return null;
    }
    try {
      List<Setting> settings = new ArrayList<>();
      for (String line : Files.readAllLines(SAVED)) {
        String[] words = line.split(" ", 2);
        settings.add(new Setting(Path.of(words[0]), words[1]));
      }
      return settings;
    } catch (IOException | ArrayIndexOutOfBoundsException e) {
      throw new SurroundingsException(SAVED + " cannot be read; look at it and remove it", e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new SurroundingsException(LOCK + " cannot be unlocked", e);
    }
  }
}
