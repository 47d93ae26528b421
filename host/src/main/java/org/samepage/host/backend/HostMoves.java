// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.units.PageUnits;
import org.samepage.scenario.backend.PresentPages;
import org.samepage.scenario.lang.Advice;

/** Takes single pages of a real process from their frames. */
final class HostMoves {
  private static final int MPOL_MF_MOVE_ALL = 4;

  /** What move_pages takes and gives, in the buffer: an address, a node, a status. */
  private static final int NODE_AT = Long.BYTES;

  private static final int STATUS_AT = NODE_AT + Integer.BYTES;
  private static final int MOVE_BYTES = STATUS_AT + Integer.BYTES;

  private static final long PM_MMAP_EXCLUSIVE = 1L << 56;
  private static final long PM_PRESENT = 1L << 63;

  private final Agent agent;

  HostMoves(Agent agent) {
    this.agent = agent;
  }

  /** Moves a page to a node, where it is not there yet; whoever shares it finds it there. */
  void migrate(long addr, int node) throws SyscallException {
    ByteBuffer request = ByteBuffer.allocate(MOVE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    agent.put(request.putLong(addr).putInt(node).putInt(0).flip());
    long left =
        agent.syscall(
            Syscall.MOVE_PAGES,
            0,
            1,
            Agent.BUFFER,
            Agent.BUFFER + NODE_AT,
            Agent.BUFFER + STATUS_AT,
            MPOL_MF_MOVE_ALL);
    ByteBuffer answer = ByteBuffer.allocate(MOVE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    agent.get(answer);
    int error = error(left, answer.getInt(STATUS_AT));
    if (error != 0) {
      throw SyscallException.ofErrno(error);
    }
  }

  /**
   * What a move of one page comes to.
   *
   * @param left what move_pages returned: pages that were not moved, or a negative errno
   * @param status of the page: its node, or a negative errno
   * @return 0 where it is on the node, or is not there at all, or is the zero page
   */
  static int error(long left, int status) {
    if (left != 0) {
      return left > 0 ? -Errno.EBUSY : (int) left;
    }
    return status >= 0 || status == -Errno.ENOENT || status == -Errno.EFAULT ? 0 : status;
  }

  /**
   * Swaps pages out, one by one, as one that stays ends it. The zero page is passed over, also
   * where it took the place of others while a huge page was split on the way.
   *
   * @param present says what is there now
   */
  void swapout(long start, long end, Supplier<PresentPages> present) throws SyscallException {
    PresentPages there = present.get();
    int i = firstFrom(there, start);
    while (i < there.count() && there.address(i) < end) {
      long addr = there.address(i);
      if (there.isZeroPage(i) || swapout(addr)) {
        i++;
        continue;
      }
      there = present.get();
      i = firstFrom(there, addr);
      if (i < there.count() && there.address(i) == addr && !there.isZeroPage(i)) {
        throw new SurroundingsException(
            "swapout: MADV_PAGEOUT leaves the page at %#x, which is mapped more than once; run it"
                    .formatted(addr)
                + " on the port");
      }
    }
  }

  private static int firstFrom(PresentPages pages, long addr) {
    int i = 0;
    while (i < pages.count() && pages.address(i) < addr) {
      i++;
    }
    return i;
  }

  /**
   * Swaps a page out that is there.
   *
   * @return false where it stays, and is somebody else's too, or the zero page
   */
  private boolean swapout(long addr) throws SyscallException {
    long result =
        agent.syscall(Syscall.MADVISE, addr, PageUnits.PAGE_SIZE, Advice.PAGEOUT.number());
    if (result < 0 && result != -Errno.EINVAL) {
      throw SyscallException.ofErrno((int) result);
    }
    long after = pagemap(addr);
    if ((after & PM_PRESENT) == 0) {
      return true;
    }
    if (result == 0 && (after & PM_MMAP_EXCLUSIVE) == 0) {
      return false;
    }
    throw SyscallException.ofErrno(-Errno.EBUSY); // locked in memory, or in use
  }

  private long pagemap(long addr) {
    ByteBuffer word = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    try (FileChannel pagemap =
        FileChannel.open(ProcFiles.of(agent.pid(), "pagemap"), StandardOpenOption.READ)) {
      if (pagemap.read(word, PageUnits.bytesToPages(addr) * Long.BYTES) != Long.BYTES) {
        throw new IOException("ends early");
      }
    } catch (IOException e) {
      throw new SurroundingsException("/proc/PID/pagemap cannot be read", e);
    }
    return word.getLong(0);
  }
}
