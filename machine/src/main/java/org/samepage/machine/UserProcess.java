// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.samepage.mm.spi.FaultHandler.VM_FAULT_HWPOISON;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_RETRY;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGBUS;

import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.ProcessMadvise;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.machine.prctl.Prctl;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.Rlimits;
import org.samepage.mm.vma.UserfaultfdCtx;

/** A process: its system calls, and its plain reads and writes. Any thread may make them. */
public final class UserProcess {
  private final int pid;
  private volatile Mm mm;
  private volatile boolean exited;
  private final Machine machine;
  private final Machine.Calls calls;

  UserProcess(int pid, Mm mm, Machine machine, Machine.Calls calls) {
    this.pid = pid;
    this.mm = mm;
    this.machine = machine;
    this.calls = calls;
  }

  /** The number under which {@link ProcFs} has it; no other process of the machine gets it. */
  public int pid() {
    return pid;
  }

  /** The address space, for those who look at tables and counters. */
  public Mm mm() {
    return mm;
  }

  /** How much it may have: may be changed at any time. */
  public Rlimits rlimits() {
    return mm.rlimits;
  }

  /** The address space, of a process that has not exited. */
  private Mm alive() {
    if (exited) {
      throw new IllegalStateException("process " + pid + " has exited");
    }
    return mm;
  }

  /**
   * mmap of private anonymous memory with MAP_FIXED_NOREPLACE.
   *
   * @param prot bits as PROT_READ, PROT_WRITE, PROT_EXEC: 1, 2, 4
   */
  public void mmap(long addr, long len, int prot, boolean noreserve) throws SyscallException {
    mmap(new Mmap.Request(addr, len, prot, false, noreserve, false, null, 0));
  }

  /**
   * mmap.
   *
   * @return the address
   */
  public long mmap(Mmap.Request request) throws SyscallException {
    long addr = calls.mapping().mmap().doMmap(alive(), request);
    check(addr);
    return addr;
  }

  public void munmap(long addr, long len) throws SyscallException {
    check(calls.mapping().munmap().vmMunmapRaw(alive(), addr, len));
  }

  /**
   * mremap.
   *
   * @param flags MREMAP_*
   * @return the address that the mapping has then
   */
  public long mremap(long addr, long oldLen, long newLen, int flags, long to)
      throws SyscallException {
    long at = calls.mapping().mremap().doMremap(alive(), addr, oldLen, newLen, flags, to);
    check(at);
    return at;
  }

  public void mprotect(long addr, long len, int prot) throws SyscallException {
    check(calls.mapping().mprotect().doMprotectPkey(alive(), addr, len, prot));
  }

  public void mlock(long addr, long len) throws SyscallException {
    check(calls.mapping().mlock().doMlock(alive(), addr, len));
  }

  public void munlock(long addr, long len) throws SyscallException {
    check(calls.mapping().mlock().munlock(alive(), addr, len));
  }

  /** mseal. */
  public void mseal(long addr, long len, long flags) throws SyscallException {
    check(calls.mapping().mseal().doMseal(alive(), addr, len, flags));
  }

  /**
   * mbind without flags.
   *
   * @param mode {@code MPOL_*} of {@link org.samepage.mm.phys.Mempolicy}
   * @param nodes a bit for each node
   */
  public void mbind(long addr, long len, int mode, long nodes) throws SyscallException {
    check(calls.mapping().mbind().doMbind(alive(), addr, len, mode, nodes, 0));
  }

  /** prctl(PR_SET_MEMORY_MERGE, value, 0, 0, 0). */
  public void prctlMemoryMerge(long value) throws SyscallException {
    prctl(Prctl.PR_SET_MEMORY_MERGE, value, 0, 0, 0);
  }

  /**
   * prctl with one of the options of {@link Prctl}.
   *
   * @return what the system call returns
   */
  public int prctl(int option, long arg2, long arg3, long arg4, long arg5) throws SyscallException {
    int result =
        new Prctl(calls.mergeAny(), machine.currentTask())
            .prctl(alive(), option, arg2, arg3, arg4, arg5);
    check(result);
    return result;
  }

  /**
   * move_pages with the right to move what others map too.
   *
   * @param nodes where to; null to ask where they are
   * @param status filled with a node or a negative errno for each page
   * @param flags {@link MovePages#MPOL_MF_MOVE} or {@link MovePages#MPOL_MF_MOVE_ALL}
   * @return the number of pages that were not moved
   */
  public int movePages(long[] pages, int @Nullable [] nodes, int[] status, int flags)
      throws SyscallException {
    return used(in -> calls.moves().movePages().kernelMovePages(in, pages, nodes, status, flags));
  }

  /** Moves the pages of a range to other frames of their own nodes, as compaction does. */
  public void migrateWithinNode(long addr, long len) throws SyscallException {
    var _ = used(in -> calls.moves().offline().moveWithinNode(in, addr, addr + len));
  }

  /** Swaps the pages of a range out, whoever else maps them. */
  public void swapOut(long addr, long len) throws SyscallException {
    var _ = used(in -> calls.moves().reclaim().swapOut(in, addr, addr + len));
  }

  /** Takes the frames out of use that are mapped in a range. */
  public void offline(long addr, long len) throws SyscallException {
    var _ = used(in -> calls.moves().offline().offlinePages(in, addr, addr + len));
  }

  /** What others may do to the process too: its address space is not taken down meanwhile. */
  @PortedFrom(
      value = {"mm/migrate.c:find_mm_struct", "kernel/fork.c:get_task_mm"},
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "as part of who asks for it")
  private int used(ToIntFunction<Mm> call) throws SyscallException {
    Mm in = mm;
    if (!in.mmgetNotZero()) {
      throw SyscallException.ofErrno(Errno.EINVAL);
    }
    int result;
    try {
      result = call.applyAsInt(in);
    } finally {
      calls.life().exit().mmput(in);
    }
    check(result);
    return result;
  }

  /**
   * brk.
   *
   * @param brk where the heap is to end [bytes]
   * @return where it ends: elsewhere than asked for where that cannot be
   */
  public long brk(long brk) {
    return calls.mapping().brk().brk(alive(), brk);
  }

  /**
   * exec: the process goes on with a new address space. What is mapped is gone, but for what others
   * share; that all is to be merged stays so. No other thread may act as the process meanwhile.
   */
  public void exec(Exec.Image image) throws SyscallException {
    Mm old = alive();
    Mm fresh = machine.exec(old, image);
    if (fresh == null) {
      throw SyscallException.ofErrno(Errno.ENOMEM);
    }
    mm = fresh;
    calls.life().exit().mmput(old);
  }

  /** Opens /proc/PID/mem: of the address space that the process has now. */
  public MemFile mem() {
    return new MemFile(alive(), calls.access().mem());
  }

  /** UFFDIO_REGISTER with UFFDIO_REGISTER_MODE_WP. */
  public void uffdRegister(UserfaultfdCtx ctx, long addr, long len) throws SyscallException {
    uffdRegister(ctx, addr, len, Userfaultfd.UFFDIO_REGISTER_MODE_WP);
  }

  /**
   * UFFDIO_REGISTER: of {@code UFFDIO_REGISTER_MODE_MISSING}, an access to a page that is not there
   * ends as {@link #uffdWriteProtect} says.
   *
   * @param mode bits of {@code UFFDIO_REGISTER_MODE_*}
   */
  public void uffdRegister(UserfaultfdCtx ctx, long addr, long len, long mode)
      throws SyscallException {
    check(calls.mapping().userfaultfd().userfaultfdRegister(alive(), ctx, addr, len, mode));
  }

  public void uffdUnregister(long addr, long len) throws SyscallException {
    check(calls.mapping().userfaultfd().userfaultfdUnregister(alive(), addr, len));
  }

  /** The last close of a userfaultfd: nothing is registered with it any more. */
  public void uffdRelease(UserfaultfdCtx ctx) throws SyscallException {
    check(calls.mapping().userfaultfd().userfaultfdReleaseAll(alive(), ctx));
  }

  /**
   * UFFDIO_WRITEPROTECT: a write to such a page is {@code SIGBUS} where the userfaultfd asked for
   * that, else {@code USERFAULT}, as nobody resolves it.
   */
  public void uffdWriteProtect(long addr, long len, boolean protect) throws SyscallException {
    check(calls.mapping().userfaultfd().mwriteprotectRange(alive(), addr, len, protect));
  }

  public UserProcess fork() throws SyscallException {
    UserProcess child = machine.fork(alive());
    if (child == null) {
      throw SyscallException.ofErrno(Errno.ENOMEM);
    }
    return child;
  }

  public void madvise(long addr, long len, Madvise.Advice advice) throws SyscallException {
    check(calls.madvise().doMadvise(alive(), addr, len, advice));
  }

  /**
   * process_madvise.
   *
   * @param advice null for a number that is none
   * @return the bytes advised about
   */
  public long processMadvise(
      ProcessMadvise.Pidfd pidfd,
      List<ProcessMadvise.IoVec> ranges,
      Madvise.@Nullable Advice advice,
      int flags)
      throws SyscallException {
    long result =
        new ProcessMadvise(calls.madvise()).processMadvise(alive(), pidfd, ranges, advice, flags);
    check(result);
    return result;
  }

  /** Writes a whole page. */
  public void writePage(long addr, byte[] page) throws SyscallException {
    checkFault(calls.access().user().writePage(alive(), addr, page));
  }

  /** Writes one byte. */
  public void writeByte(long addr, byte value) throws SyscallException {
    checkFault(calls.access().user().writeByte(alive(), addr, value));
  }

  /** Reads a whole page. */
  public void readPage(long addr, byte[] page) throws SyscallException {
    checkFault(calls.access().user().readPage(alive(), addr, page));
  }

  /** Reads one byte. */
  public void touch(long addr) throws SyscallException {
    checkFault(calls.access().user().touch(alive(), addr));
  }

  /** Ends the process; nothing may be asked of it afterwards. */
  public void exit() {
    Mm last = alive();
    exited = true;
    machine.gone(this);
    calls.life().exit().mmput(last);
  }

  /** {@code ksm_process_profit} of /proc/PID/ksm_stat [bytes]. */
  public long ksmProcessProfit() {
    return machine.ksm().sysfs().ksmProcessProfit(alive());
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
      throw SyscallException.ofErrno(Errno.ENOMEM);
    }
    if ((fault & VM_FAULT_RETRY) != 0) {
      throw SyscallException.ofUserfault();
    }
    boolean bus = (fault & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON)) != 0;
    throw SyscallException.ofSignal(bus ? "SIGBUS" : "SIGSEGV");
  }
}
