// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGBUS;

import org.samepage.ksm.control.KsmSysfs;
import org.samepage.machine.access.UserAccess;
import org.samepage.machine.exit.ExitMmap;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.Mmap;
import org.samepage.mm.vma.Mm;

/** A process: its system calls, and its plain reads and writes. Any thread may make them. */
public final class UserProcess {
  private final Mm mm;
  private final Calls calls;

  /** What the processes of one machine call. */
  record Calls(Mmap mmap, Madvise madvise, UserAccess access, ExitMmap exit, KsmSysfs ksm) {}

  UserProcess(Mm mm, Calls calls) {
    this.mm = mm;
    this.calls = calls;
  }

  /** The address space, for those who look at tables and counters. */
  public Mm mm() {
    return mm;
  }

  /**
   * mmap of private anonymous memory with MAP_FIXED_NOREPLACE.
   *
   * @param prot bits as PROT_READ, PROT_WRITE, PROT_EXEC: 1, 2, 4
   */
  public void mmap(long addr, long len, int prot, boolean noreserve) throws SyscallException {
    check(calls.mmap.doMmap(mm, addr, len, prot, noreserve));
  }

  public void madvise(long addr, long len, Madvise.Advice advice) throws SyscallException {
    check(calls.madvise.doMadvise(mm, addr, len, advice));
  }

  /** Writes a whole page. */
  public void writePage(long addr, byte[] page) throws SyscallException {
    checkFault(calls.access.writePage(mm, addr, page));
  }

  /** Writes one byte. */
  public void writeByte(long addr, byte value) throws SyscallException {
    checkFault(calls.access.writeByte(mm, addr, value));
  }

  /** Reads a whole page. */
  public void readPage(long addr, byte[] page) throws SyscallException {
    checkFault(calls.access.readPage(mm, addr, page));
  }

  /** Reads one byte. */
  public void touch(long addr) throws SyscallException {
    checkFault(calls.access.touch(mm, addr));
  }

  /** Ends the process; nothing may be asked of it afterwards. */
  public void exit() {
    calls.exit.mmput(mm);
  }

  /** {@code ksm_process_profit} of /proc/PID/ksm_stat [bytes]. */
  public long ksmProcessProfit() {
    return calls.ksm.ksmProcessProfit(mm);
  }

  private static void check(long result) throws SyscallException {
    if (result < 0) {
      throw SyscallException.ofErrno((int) result);
    }
  }

  private static void checkFault(int fault) throws SyscallException {
    if (fault == 0) {
      return;
    }
    if ((fault & VM_FAULT_OOM) != 0) {
      throw SyscallException.ofErrno(org.samepage.mm.errno.Errno.ENOMEM);
    }
    throw SyscallException.ofSignal((fault & VM_FAULT_SIGBUS) != 0 ? "SIGBUS" : "SIGSEGV");
  }
}
