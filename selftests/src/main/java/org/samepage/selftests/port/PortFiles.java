// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.file.Memfd;
import org.samepage.machine.mmap.ProcessMadvise.Pidfd;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.vma.AddressSpace;

/** The descriptors of a process: of files in memory and on a disk, and of processes. */
final class PortFiles {
  /** Those below are the standard streams. */
  private static final long FIRST = 3;

  private final Machine machine;
  private final Map<Long, Opened> open = new HashMap<>();
  private final Map<Long, PortProcess> pidfds = new HashMap<>();

  /** An open file. */
  record Opened(AddressSpace file, boolean readOnly) {}

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

  private long opened(Opened file) {
    long fd = lowest();
    open.put(fd, file);
    return fd;
  }

  /** Without sealing, a file is sealed against seals from the start. */
  long memfdCreate(boolean allowSealing) {
    AddressSpace file = machine.newFile(0);
    if (!allowSealing) {
      var _ = Memfd.memfdAddSeals(file, Memfd.F_SEAL_SEAL);
    }
    return opened(new Opened(file, false));
  }

  long createFile() {
    return opened(new Opened(machine.newDiskFile("/samepage-selftest"), false));
  }

  long reopenReadOnly(long fd) {
    Opened file = open.remove(fd);
    return file == null ? -Errno.EBADF : opened(new Opened(file.file(), true));
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
    Opened file = open.get(fd);
    if (file == null) {
      return -Errno.EBADF;
    }
    if (file.readOnly()) {
      return -Errno.EINVAL;
    }
    try {
      machine.truncateFile(file.file(), size);
      return 0;
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  long addSeals(long fd, int seals) {
    Opened file = open.get(fd);
    if (file == null) {
      return -Errno.EBADF;
    }
    return file.readOnly() ? -Errno.EPERM : Memfd.memfdAddSeals(file.file(), seals);
  }

  long close(long fd) {
    return open.remove(fd) == null && pidfds.remove(fd) == null ? -Errno.EBADF : 0;
  }

  /** The file of a descriptor; null where it is none. */
  @Nullable Opened opened(long fd) {
    return open.get(fd);
  }
}
