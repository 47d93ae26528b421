// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.samepage.host.SurroundingsException;
import org.samepage.host.kernel.ProcFiles;

/** The helpers of a run that was killed: they still put things back, and must not be disturbed. */
final class LeftKeepers {
  private static final long NAP_NANOS = 10_000_000;
  private static final int NAPS = 3000;

  private LeftKeepers() {}

  /** Waits until they have ended; throws where they do not. */
  static void await(Path program) {
    List<Long> left = find(program);
    for (int i = 0; i < NAPS && !left.isEmpty(); i++) {
      LockSupport.parkNanos(NAP_NANOS);
      left = find(program);
    }
    if (!left.isEmpty()) {
      throw new SurroundingsException(
          "the helper of a run that was killed does not end (process %s)".formatted(left));
    }
  }

  /** Processes of this program, or of another version of it. */
  private static List<Long> find(Path program) {
    String prefix = String.valueOf(program.resolveSibling("agent-"));
    return ProcFiles.processes().stream().filter(pid -> runs(pid, prefix)).toList();
  }

  private static boolean runs(long pid, String prefix) {
    try {
      return Files.readSymbolicLink(ProcFiles.of(pid, "exe")).toString().startsWith(prefix);
    } catch (IOException e) {
      return false; // gone, or a kernel thread
    }
  }
}
