// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.samepage.host.SurroundingsException;

/** One of the kernel's own threads, which {@code wchan} tells the sleep of. */
public final class KernelThread {
  private static final long NAP_NANOS = 100_000;
  private static final int NAPS = 600_000;

  private final String name;
  private final Path wchan;

  private KernelThread(String name, long pid) {
    this.name = name;
    this.wchan = ProcFiles.of(pid, "wchan");
  }

  /**
   * The process id of a kernel thread.
   *
   * @throws SurroundingsException where it is not to be seen
   */
  static long find(String name) {
    for (long pid : ProcFiles.processes()) {
      if (name.equals(ProcFiles.readIfThere(ProcFiles.of(pid, "comm")))
          && "".equals(ProcFiles.readIfThere(ProcFiles.of(pid, "cmdline")))) {
        return pid;
      }
    }
    throw new SurroundingsException(name + " is not to be seen (in a PID namespace of its own?)");
  }

  /** The one that makes huge pages of small ones; its main function has its name. */
  public static KernelThread khugepaged() {
    return new KernelThread("khugepaged", find("khugepaged"));
  }

  /** Whether it is off the CPU, in its main function. */
  private boolean isAsleep() {
    return name.equals(ProcFiles.readIfThere(wchan));
  }

  /** Waits until it is. */
  public void awaitSleep() {
    for (int i = 0; i < NAPS; i++) {
      if (isAsleep()) {
        return;
      }
      LockSupport.parkNanos(NAP_NANOS);
    }
    throw new SurroundingsException(name + " does not come to rest");
  }
}
