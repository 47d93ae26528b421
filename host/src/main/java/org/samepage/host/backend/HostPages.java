// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.scenario.backend.PageList;

/**
 * The present pages of a real process: where they are by PAGEMAP_SCAN, which jumps over holes;
 * their frames by pagemap; their bytes by mem.
 */
final class HostPages extends PageList {
  private static final long PAGEMAP_SCAN = 0xc060_6610L;
  private static final int ARGUMENT_BYTES = 96;
  private static final int WALK_END = 4 * Long.BYTES;
  private static final int REGION_BYTES = 24;
  private static final int REGIONS_AT = 4096;
  private static final int MOST_REGIONS = (Agent.BUFFER_SIZE - REGIONS_AT) / REGION_BYTES;
  private static final long PAGE_IS_PRESENT = 1 << 3;
  private static final long PAGE_IS_PFNZERO = 1 << 5;
  private static final long PFN_MASK = (1L << 55) - 1;
  private static final int AT_ONCE = 4096;

  private final FileChannel mem;

  private HostPages(FileChannel mem) {
    this.mem = mem;
  }

  /**
   * What is present now.
   *
   * @param mem the process's memory, for as long as this is used
   */
  static HostPages of(Agent agent, FileChannel mem) {
    HostPages pages = new HostPages(mem);
    byte[] name = "/proc/self/pagemap\0".getBytes(StandardCharsets.US_ASCII);
    agent.put(ByteBuffer.wrap(name));
    long fd = agent.syscall(Syscall.OPEN, Agent.BUFFER, 0);
    if (fd < 0) {
      throw new SurroundingsException("/proc/PID/pagemap cannot be opened");
    }
    try (FileChannel pagemap =
        FileChannel.open(ProcFiles.of(agent.pid(), "pagemap"), StandardOpenOption.READ)) {
      for (long from = HostArena.START; from < HostArena.END; ) {
        from = pages.scan(agent, fd, from, pagemap);
      }
    } catch (IOException e) {
      throw new SurroundingsException("/proc/PID/pagemap cannot be read", e);
    }
    agent.syscall(Syscall.CLOSE, fd);
    return pages;
  }

  /** Takes what one call finds, and returns where it stopped. */
  private long scan(Agent agent, long fd, long from, FileChannel pagemap) throws IOException {
    agent.put(argument(from));
    long found = agent.syscall(Syscall.IOCTL, fd, PAGEMAP_SCAN, Agent.BUFFER);
    if (found < 0) {
      throw new SurroundingsException("this kernel has no PAGEMAP_SCAN; it came with Linux 6.7");
    }
    ByteBuffer result =
        ByteBuffer.allocate(REGIONS_AT + (int) found * REGION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    agent.get(result);
    for (int i = 0; i < found; i++) {
      int at = REGIONS_AT + i * REGION_BYTES;
      long categories = result.getLong(at + 2 * Long.BYTES);
      addRegion(
          result.getLong(at),
          result.getLong(at + Long.BYTES),
          (categories & PAGE_IS_PFNZERO) != 0,
          pagemap);
    }
    return result.getLong(WALK_END);
  }

  /** A struct pm_scan_arg that asks for present pages, and for which of them are the zero page. */
  private static ByteBuffer argument(long from) {
    return ByteBuffer.allocate(ARGUMENT_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(ARGUMENT_BYTES)
        .putLong(0) // flags
        .putLong(from)
        .putLong(HostArena.END)
        .putLong(0) // walk_end
        .putLong(Agent.BUFFER + REGIONS_AT)
        .putLong(MOST_REGIONS)
        .putLong(0) // max_pages
        .putLong(0) // category_inverted
        .putLong(PAGE_IS_PRESENT) // category_mask
        .putLong(0) // category_anyof_mask
        .putLong(PAGE_IS_PRESENT | PAGE_IS_PFNZERO) // return_mask
        .flip();
  }

  private void addRegion(long start, long end, boolean zeroPage, FileChannel pagemap)
      throws IOException {
    for (long at = start; at < end; ) {
      int pages = (int) Math.min(AT_ONCE, bytesToPages(end - at));
      ByteBuffer words = ByteBuffer.allocate(pages * Long.BYTES).order(ByteOrder.nativeOrder());
      readAll(pagemap, words, bytesToPages(at) * Long.BYTES);
      for (int i = 0; i < pages; i++, at += PAGE_SIZE) {
        long frame = words.getLong(i * Long.BYTES) & PFN_MASK;
        if (frame == 0) {
          throw new SurroundingsException("/proc/PID/pagemap hides frame numbers from us");
        }
        add(at, frame, zeroPage);
      }
    }
  }

  private static void readAll(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new IOException("ends early");
      }
    }
  }

  @Override
  public void read(int index, byte[] page) {
    try {
      readAll(mem, ByteBuffer.wrap(page), address(index));
    } catch (IOException e) {
      throw new SurroundingsException(
          "page %#x cannot be read: %s".formatted(address(index), e.getMessage()), e);
    }
  }
}
