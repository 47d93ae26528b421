// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What keeps a student's process from the rest of the machine, as far as the system offers it.
 *
 * <p>On Linux with unshare(1) and user namespaces: no network, no other processes, and all file
 * systems read-only but one folder. Files can be read all the same. Elsewhere: nothing but the
 * limits on memory and time, which the JVM and the grader keep.
 */
public final class Jail {
  /** Makes all mounts read-only but the folder $1, tells if one is not, and runs the rest. */
  private static final String SCRIPT =
      """
      set -e
      own=$1; shift
      mount --make-rprivate /
      mount --bind "$own" "$own"
      mount -t proc proc /proc
      cut -d' ' -f5 /proc/self/mountinfo | sort -r | while read -r at; do
        at=$(printf '%b' "$at")
        if [ "$at" != "$own" ]; then mount -o remount,bind,ro "$at" 2>/dev/null || :; fi
      done
      cut -d' ' -f5 /proc/self/mountinfo | while read -r at; do
        at=$(printf '%b' "$at")
        if [ "$at" != "$own" ] && [ -w "$at" ]; then exit 97; fi
      done
      cd "$own"
      exec "$@"
      """;

  private static final List<String> UNSHARE =
      List.of(
          "unshare",
          "--user",
          "--map-root-user",
          "--mount",
          "--net",
          "--pid",
          "--fork",
          "--kill-child");
  private static final long PATIENCE_SECONDS = 10;

  private final boolean closed;

  private Jail(boolean closed) {
    this.closed = closed;
  }

  /** What this system offers, tried out. */
  public static Jail best() {
    try {
      Path folder = Files.createTempDirectory("samepage-jail");
      try {
        // it counts only if what it should keep out is kept out
        List<String> trial =
            List.of("sh", "-c", "touch inside && ! touch ../outside-$$ 2>/dev/null");
        return new Jail(runs(new Jail(true).command(folder, trial)));
      } finally {
        Files.deleteIfExists(folder.resolve("inside"));
        Files.delete(folder);
      }
    } catch (IOException e) {
      return open();
    }
  }

  /** No walls. */
  public static Jail open() {
    return new Jail(false);
  }

  private static boolean runs(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      return ended && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Whether there are walls. */
  public boolean isClosed() {
    return closed;
  }

  /** One line for whoever grades. */
  public String describe() {
    return closed
        ? "student code runs without network and without other processes; it can write to a folder"
            + " of its own alone, and read all files that you can"
        : "student code runs with your rights: network and files are not kept from it, as this"
            + " system has no unshare(1) that works";
  }

  /**
   * A command within the walls.
   *
   * @param folder the one that may be written to
   */
  List<String> command(Path folder, List<String> command) {
    if (!closed) {
      return command;
    }
    List<String> all = new ArrayList<>(UNSHARE);
    all.addAll(List.of("sh", "-c", SCRIPT, "sh", folder.toAbsolutePath().toString()));
    all.addAll(command);
    return all;
  }
}
