// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.host.kernel.ProcFiles;

/** The files of one process. */
final class ProcessFiles {
  /** Of /proc/PID/stat, counted behind the name: when the process began. */
  private static final int START_TIME = 19;

  private final int pid;

  ProcessFiles(int pid) {
    this.pid = pid;
  }

  int pid() {
    return pid;
  }

  private Path file(String name) {
    return ProcFiles.of(pid, name);
  }

  /** Who it is; null where it is gone. */
  @Nullable CapturedProcess describe() {
    Map<String, String> status = ProcFiles.figures(file("status"));
    if (status.isEmpty()) {
      return null;
    }
    String[] uids = status.getOrDefault("Uid", "0").split("\\s+");
    return new CapturedProcess(
        pid,
        Integer.parseInt(status.getOrDefault("PPid", "0")),
        Integer.parseUnsignedInt(uids[0]),
        status.getOrDefault("Name", "?"));
  }

  /** Another one for another process of the same number; null where it is gone or a zombie. */
  @Nullable String identity() {
    String stat = ProcFiles.readIfThere(file("stat"));
    if (stat == null) {
      return null;
    }
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return words[0].equals("Z") || words[0].equals("X") ? null : words[START_TIME];
  }

  List<LiveVma> vmas() throws IOException {
    try (BufferedReader lines =
        Files.newBufferedReader(file("smaps"), StandardCharsets.ISO_8859_1)) {
      return SmapsFile.parse(lines);
    }
  }

  /** What changes with the mappings; empty where it cannot be read. */
  String maps() {
    try {
      return Files.readString(file("maps"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  FileChannel open(String name) throws IOException {
    return FileChannel.open(file(name), StandardOpenOption.READ);
  }
}
