// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.units.PageUnits;
import org.samepage.selftests.sys.Extent;
import org.samepage.selftests.sys.PagemapScan;

/** System calls whose arguments are structures: these go through the process's buffer. */
final class HostCalls {
  private static final long MPOL_BIND = 2;
  private static final long MPOL_MF_MOVE_ALL = 4;
  private static final long NOT_MOVED = 1 << 20;
  private static final long PROCMAP_QUERY = 0xC068_6611L;
  private static final int PROCMAP_QUERY_BYTES = 104;
  private static final long PAGEMAP_SCAN = 0xC060_6610L;
  private static final int PM_SCAN_BYTES = 96;
  private static final int MOST_REGIONS = 64;
  private static final int REGION_BYTES = 24;
  private static final int PERF_ATTR_BYTES = 128;
  private static final int O_RDONLY = 0;

  private final Agent agent;

  HostCalls(Agent agent) {
    this.agent = agent;
  }

  static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Puts a structure into the process, and returns its address. */
  private long put(ByteBuffer filled) {
    agent.put(filled.clear());
    return Agent.BUFFER;
  }

  /** Puts a text into the process, and returns its address. */
  long text(String text) {
    return put(ByteBuffer.wrap((text + "\0").getBytes(StandardCharsets.UTF_8)));
  }

  private ByteBuffer get(int count) {
    ByteBuffer bytes = bytes(count);
    agent.get(bytes);
    return bytes;
  }

  long mbind(long addr, long length, int node) {
    long mask = put(bytes(Long.BYTES).putLong(1L << node));
    return agent.syscall(Syscall.MBIND, addr, length, MPOL_BIND, mask, Long.SIZE, 0);
  }

  /** Pages, nodes and status are one word each, one behind the other. */
  long movePage(long addr, int node) {
    long pages = put(bytes(3 * Long.BYTES).putLong(addr).putLong(node).putLong(0));
    long nodes = node < 0 ? 0 : pages + Long.BYTES;
    long status = pages + 2 * Long.BYTES;
    long result = agent.syscall(Syscall.MOVE_PAGES, 0, 1, pages, nodes, status, MPOL_MF_MOVE_ALL);
    if (result < 0) {
      return result;
    }
    return result > 0 ? NOT_MOVED + result : get(3 * Long.BYTES).getInt(2 * Long.BYTES);
  }

  long processMadvise(long pidfd, List<Extent> vector, int advice, int flags) {
    ByteBuffer iovecs = bytes(Math.max(1, vector.size()) * 2 * Long.BYTES);
    vector.forEach(part -> iovecs.putLong(part.start()).putLong(part.length()));
    return agent.syscall(Syscall.PROCESS_MADVISE, pidfd, put(iovecs), vector.size(), advice, flags);
  }

  @Nullable Extent procmapQuery(long addr) {
    long fd = agent.syscall(Syscall.OPEN, text("/proc/self/maps"), O_RDONLY);
    ByteBuffer query = bytes(PROCMAP_QUERY_BYTES);
    query.putLong(PROCMAP_QUERY_BYTES).putLong(0).putLong(addr);
    long result = agent.syscall(Syscall.IOCTL, fd, PROCMAP_QUERY, put(query));
    ByteBuffer answer = get(PROCMAP_QUERY_BYTES);
    agent.syscall(Syscall.CLOSE, fd);
    if (result == -Errno.ENOENT) {
      return null;
    }
    if (result < 0) {
      throw new IllegalStateException("PROCMAP_QUERY: " + Errno.name((int) result));
    }
    return new Extent(answer.getLong(24), answer.getLong(32));
  }

  PagemapScan pagemapScan(long start, long end, long category) {
    long fd = agent.syscall(Syscall.OPEN, text("/proc/self/pagemap"), O_RDONLY);
    int all = PM_SCAN_BYTES + MOST_REGIONS * REGION_BYTES;
    ByteBuffer scan = bytes(all);
    scan.putLong(PM_SCAN_BYTES).putLong(0).putLong(start).putLong(end).putLong(0);
    scan.putLong(Agent.BUFFER + PM_SCAN_BYTES).putLong(MOST_REGIONS).putLong(0);
    scan.putLong(0).putLong(0).putLong(category).putLong(category);
    long result = agent.syscall(Syscall.IOCTL, fd, PAGEMAP_SCAN, put(scan));
    ByteBuffer answer = get(all);
    agent.syscall(Syscall.CLOSE, fd);
    List<Extent> regions = new ArrayList<>();
    for (int i = 0; i < result; i++) {
      int at = PM_SCAN_BYTES + i * REGION_BYTES;
      regions.add(new Extent(answer.getLong(at), answer.getLong(at + Long.BYTES)));
    }
    return new PagemapScan(result, answer.getLong(4 * Long.BYTES), regions);
  }

  /** struct perf_event_attr: type, size, and the file's name as config1. */
  long uprobe(Path file, int type) {
    byte[] path = (file + "\0").getBytes(StandardCharsets.UTF_8);
    ByteBuffer attr = bytes(PERF_ATTR_BYTES + path.length);
    attr.putInt(0, type).putInt(4, PERF_ATTR_BYTES);
    attr.putLong(56, Agent.BUFFER + PERF_ATTR_BYTES);
    attr.put(PERF_ATTR_BYTES, path);
    return agent.syscall(Syscall.PERF_EVENT_OPEN, put(attr), 0, -1, -1, 0);
  }

  /** execve of the helper, which then connects again. */
  void exec(List<String> program) {
    List<String> texts = List.of(program.get(0), "exec", program.get(1));
    ByteBuffer all = bytes((int) PageUnits.PAGE_SIZE);
    int at = (texts.size() + 2) * Long.BYTES;
    for (int i = 0; i < texts.size(); i++) {
      byte[] text = texts.get(i).getBytes(StandardCharsets.UTF_8);
      all.putLong(i * Long.BYTES, Agent.BUFFER + at);
      all.put(at, text);
      at += text.length + 1;
    }
    long argv = put(all);
    long path = all.getLong(0);
    long noEnvironment = argv + (texts.size() + 1L) * Long.BYTES;
    agent.leave(Syscall.EXECVE, path, argv, noEnvironment);
  }
}
