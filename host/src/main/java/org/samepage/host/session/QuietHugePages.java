// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.host.kernel.HugePages;
import org.samepage.host.kernel.KernelThread;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.units.PageUnits;
import org.samepage.scenario.lang.Advice;

/**
 * Puts khugepaged to sleep, and compacts memory.
 *
 * <p>khugepaged sleeps in two ways: for {@code scan_sleep_millisecs} where there are processes with
 * huge pages, and where there are none, until there is one, which it then looks at at once. So a
 * process with nothing to collapse is shown to it; what it does after that is to sleep for the time
 * that was set, whoever comes.
 */
final class QuietHugePages {
  private static final long HUGE_PLACE = 0x1000_0000_0000L;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS_FIXED = 0x32;

  private QuietHugePages() {}

  static void make(HostSession session) {
    if (HugePages.hasKhugepaged()) {
      KernelThread khugepaged = KernelThread.khugepaged();
      session.write(HugePages.SCAN_SLEEP, HugePages.FOREVER);
      khugepaged.awaitSleep();
      Agent decoy = session.startProcess("decoy");
      showItself(decoy);
      khugepaged.awaitSleep();
      decoy.exit();
    }
    if (HugePages.canCompact()) {
      session.write(HugePages.COMPACT, "1");
    }
  }

  /** With a page of its own, without which it does not count, before the place for a huge one. */
  private static void showItself(Agent decoy) {
    long where = HUGE_PLACE - PageUnits.PAGE_SIZE;
    long length = PageUnits.PAGE_SIZE + PageUnits.PMD_SIZE;
    demand(
        decoy.syscall(
            Syscall.MMAP, where, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_FIXED, -1, 0));
    try {
      decoy.poke(where, 1, 1);
    } catch (SyscallException e) {
      throw new SurroundingsException("a process cannot write to its memory: " + e.error(), e);
    }
    demand(decoy.syscall(Syscall.MADVISE, where, length, Advice.HUGEPAGE.number()));
  }

  private static void demand(long result) {
    if (result < 0) {
      throw new SurroundingsException(
          "khugepaged cannot be put to sleep: " + Errno.name((int) result));
    }
  }
}
