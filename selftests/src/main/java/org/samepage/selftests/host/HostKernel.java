// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.session.HostSession;
import org.samepage.host.session.Requirements;
import org.samepage.selftests.sys.TestKernel;
import org.samepage.selftests.sys.TestProcess;

/** The real kernel, for one case. */
final class HostKernel implements TestKernel {
  private static final Path NODES = Path.of("/sys/devices/system/node/has_memory");
  private static final String FULL_SCANS = "full_scans";
  private static final long RMAP_ITEM_BYTES = 64;
  private static final long NAP_NANOS = 200_000;

  /** Two minutes, as upstream's longest wait. */
  private static final long MOST_NAPS = 600_000;

  private final HostSession session;
  private final List<HostProcess> alive = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final @Nullable MemoryGroup group;
  private int names;

  /**
   * The kernel for one case.
   *
   * @param swaps whether the case sends pages to swap: its processes are then in a group of their
   *     own
   */
  HostKernel(HostSession session, boolean swaps) {
    this.session = session;
    this.group = swaps ? MemoryGroup.create() : null;
  }

  /** The memory cgroup of the processes; null where there is none. */
  @Nullable MemoryGroup group() {
    return group;
  }

  HostSession session() {
    return session;
  }

  String nextName() {
    return "T" + ++names;
  }

  /** A file on a disk, removed at the end. */
  Path createFile() {
    try {
      Path file = Files.createTempFile("samepage-selftest-", ".tmp");
      files.add(file);
      return file;
    } catch (IOException e) {
      throw new SurroundingsException("no temporary file can be made", e);
    }
  }

  @Override
  public String where() {
    return "on the host";
  }

  @Override
  public String release() {
    return Requirements.kernelVersion();
  }

  /** {@code 0} or {@code 0-1,3}. */
  @Override
  public int nodes() {
    String list = read(NODES.toString());
    int count = 0;
    for (String range : list == null ? new String[] {"0"} : list.strip().split(",")) {
      String[] ends = range.split("-");
      count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
    }
    return count;
  }

  @Override
  public long rmapItemBytes() {
    return RMAP_ITEM_BYTES;
  }

  @Override
  public TestProcess newProcess() {
    String name = nextName();
    Agent agent = session.startProcess(name);
    if (group != null) {
      group.add(agent.pid());
    }
    return started(new HostProcess(this, agent, name));
  }

  HostProcess started(HostProcess process) {
    alive.add(process);
    return process;
  }

  void ended(HostProcess process) {
    alive.remove(process);
  }

  @Override
  public @Nullable String read(String path) {
    try {
      return Files.readString(Path.of(path));
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public long write(String path, String text) {
    return session.tryWrite(Path.of(path), text);
  }

  @Override
  public void awaitFullScans(int passes) {
    long until = KsmFiles.number(FULL_SCANS) + passes;
    for (long naps = 0; KsmFiles.number(FULL_SCANS) < until; naps++) {
      if (naps == MOST_NAPS) {
        throw new SurroundingsException("ksmd does not end its passes");
      }
      LockSupport.parkNanos(NAP_NANOS);
    }
  }

  @Override
  public void close() {
    List.copyOf(alive).forEach(HostProcess::hangUp);
    session.clear();
    if (group != null) {
      group.remove();
    }
    for (Path file : files) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new SurroundingsException(file + " cannot be removed", e);
      }
    }
  }
}
