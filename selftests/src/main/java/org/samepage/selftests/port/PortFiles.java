// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.Machine;
import org.samepage.machine.mmap.ProcessMadvise.Pidfd;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.vma.AddressSpace;

/** The descriptors of a process: of files in memory, and of processes. */
final class PortFiles {
  /** Those below are the standard streams. */
  private static final long FIRST = 3;

  private final Machine machine;
  private final Map<Long, Memfd> open = new HashMap<>();
  private final Map<Long, PortProcess> pidfds = new HashMap<>();

  /** A file; its length can be changed until somebody maps it. */
  private static final class Memfd {
    private long size;
    private @Nullable AddressSpace mapped;
  }

  PortFiles(Machine machine) {
    this.machine = machine;
  }

  /** What a child has. */
  PortFiles inherited() {
    PortFiles child = new PortFiles(machine);
    child.open.putAll(open);
    child.pidfds.putAll(pidfds);
    return child;
  }

  long memfdCreate() {
    long fd = lowest();
    open.put(fd, new Memfd());
    return fd;
  }

  private long lowest() {
    long fd = FIRST;
    while (open.containsKey(fd) || pidfds.containsKey(fd)) {
      fd++;
    }
    return fd;
  }

  long pidfdOpen(PortProcess process) {
    long fd = lowest();
    pidfds.put(fd, process);
    return fd;
  }

  /** Whom a descriptor stands for. */
  Pidfd pidfd(long fd) {
    PortProcess process = pidfds.get(fd);
    return process == null ? new Pidfd.None() : new Pidfd.Of(process.mm());
  }

  long ftruncate(long fd, long size) {
    Memfd file = open.get(fd);
    if (file == null) {
      return -Errno.EBADF;
    }
    if (file.mapped != null && file.size != size) {
      throw new NotSupportedYetException("ftruncate of a file that was mapped");
    }
    file.size = size;
    return 0;
  }

  long close(long fd) {
    return open.remove(fd) == null && pidfds.remove(fd) == null ? -Errno.EBADF : 0;
  }

  /** The file for a mapping; null where the descriptor is none. */
  @Nullable AddressSpace mapped(long fd) {
    Memfd file = open.get(fd);
    if (file == null) {
      return null;
    }
    if (file.mapped == null) {
      file.mapped = machine.newFile(file.size);
    }
    return file.mapped;
  }
}
