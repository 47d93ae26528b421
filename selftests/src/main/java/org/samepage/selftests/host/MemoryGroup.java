// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.host;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;

/** A memory cgroup: what its processes have in memory can be sent to swap. */
final class MemoryGroup {
  /** Where version 1 has its controller, and version 2 everything. */
  private static final List<Path> PARENTS =
      List.of(Path.of("/sys/fs/cgroup/memory"), Path.of("/sys/fs/cgroup"));

  private final Path directory;

  private MemoryGroup(Path directory) {
    this.directory = directory;
  }

  /** Makes one; null where the system has no memory cgroups or does not let us. */
  static @Nullable MemoryGroup create() {
    for (Path parent : PARENTS) {
      Path directory = parent.resolve("samepage-" + ProcessHandle.current().pid());
      try {
        Files.createDirectory(directory);
      } catch (IOException e) {
        continue;
      }
      MemoryGroup group = new MemoryGroup(directory);
      if (group.canReclaim()) {
        return group;
      }
      group.remove();
    }
    return null;
  }

  private boolean canReclaim() {
    return Files.exists(forceEmpty()) || Files.exists(reclaimFile());
  }

  private Path forceEmpty() {
    return directory.resolve("memory.force_empty");
  }

  private Path reclaimFile() {
    return directory.resolve("memory.reclaim");
  }

  void add(long pid) {
    try {
      Files.writeString(directory.resolve("cgroup.procs"), Long.toString(pid), US_ASCII);
    } catch (IOException e) {
      throw new SurroundingsException("a process does not get into its cgroup", e);
    }
  }

  /** Has the kernel reclaim what it can; less than asked for is no error. */
  void reclaim() {
    try {
      if (Files.exists(forceEmpty())) {
        Files.writeString(forceEmpty(), "0", US_ASCII);
      } else {
        Files.writeString(reclaimFile(), "64M", US_ASCII);
      }
    } catch (IOException e) {
      // EAGAIN or EBUSY: some is left; whoever asked looks at its pages
    }
  }

  void remove() {
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new SurroundingsException(directory + " cannot be removed", e);
    }
  }
}
