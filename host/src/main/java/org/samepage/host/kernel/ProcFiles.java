// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;

/** Small files of /proc and /sys. */
public final class ProcFiles {
  private ProcFiles() {}

  /** A process's file. */
  public static Path of(long pid, String name) {
    return Path.of("/proc", Long.toString(pid), name);
  }

  /** A whole file, without the white space around it. */
  public static String read(Path file) {
    String text = readIfThere(file);
    if (text == null) {
      throw new SurroundingsException(file + " cannot be read");
    }
    return text;
  }

  /** A whole file, without the white space around it; null where it cannot be read. */
  public static @Nullable String readIfThere(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return null;
    }
  }

  /** Lines of {@code name value} or {@code name: value}; empty where the file cannot be read. */
  public static Map<String, String> figures(Path file) {
    Map<String, String> figures = new HashMap<>();
    String text = readIfThere(file);
    if (text != null) {
      text.lines()
          .map(line -> line.split(":?\\s+", 2))
          .filter(words -> words.length == 2)
          .forEach(words -> figures.put(words[0], words[1].strip()));
    }
    return figures;
  }

  /** All processes. */
  public static List<Long> processes() {
    List<Long> pids = new ArrayList<>();
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      entries
          .map(entry -> String.valueOf(entry.getFileName()))
          .filter(name -> name.chars().allMatch(c -> c >= '0' && c <= '9'))
          .forEach(name -> pids.add(Long.parseLong(name)));
    } catch (IOException e) {
      throw new SurroundingsException("/proc cannot be read", e);
    }
    return pids;
  }
}
