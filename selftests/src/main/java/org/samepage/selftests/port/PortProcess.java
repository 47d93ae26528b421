// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import static org.samepage.selftests.sys.Abi.MAP_ANONYMOUS;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.ProcessMadvise;
import org.samepage.machine.proc.PagemapScan.PageRegion;
import org.samepage.machine.proc.PagemapScan.PmScanArg;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.phys.Mempolicy;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.MmFlags;
import org.samepage.mm.vma.VmArea;
import org.samepage.selftests.sys.Abi;
import org.samepage.selftests.sys.Access;
import org.samepage.selftests.sys.Extent;
import org.samepage.selftests.sys.PagemapScan;
import org.samepage.selftests.sys.TestProcess;
import org.samepage.selftests.sys.Uffd;

/** A process of a machine. */
final class PortProcess implements TestProcess {
  private static final long NOT_MOVED = 1 << 20;
  private static final int MOST_REGIONS = 64;

  /** Where the heap of a program begins that was put in place by exec. */
  private static final long HEAP = 0x5555_5555_6000L;

  private final PortKernel kernel;
  private final UserProcess process;
  private final PortMemory memory;
  private final PortFiles files;
  private boolean exited;

  PortProcess(PortKernel kernel, UserProcess process) {
    this(kernel, process, new PortFiles(kernel.machine()));
  }

  private PortProcess(PortKernel kernel, UserProcess process, PortFiles files) {
    this.kernel = kernel;
    this.process = process;
    this.memory = new PortMemory(process);
    this.files = files;
  }

  /** Its address space; null where it has exited. */
  @Nullable Mm mm() {
    return exited ? null : process.mm();
  }

  /** A system call of the machine's. */
  @FunctionalInterface
  private interface Call {
    void make() throws SyscallException;
  }

  private static long result(long success, Call call) {
    try {
      call.make();
      return success;
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  @Override
  public long mmap(long addr, long length, int prot, int flags, long fd, long offset) {
    boolean anonymous = (flags & MAP_ANONYMOUS) != 0;
    PortFiles.@Nullable Opened file = anonymous ? null : files.opened(fd);
    if (!anonymous && file == null) {
      return -Errno.EBADF;
    }
    try {
      return process.mmap(
          new Mmap.Request(
              addr,
              length,
              prot,
              flags,
              file == null ? null : file.file(),
              offset,
              file != null && file.readOnly()));
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  @Override
  public long munmap(long addr, long length) {
    return result(0, () -> process.munmap(addr, length));
  }

  @Override
  public long mprotect(long addr, long length, int prot) {
    return result(0, () -> process.mprotect(addr, length, prot));
  }

  @Override
  public long mremap(long addr, long oldLength, long newLength, int flags, long newAddr) {
    try {
      return process.mremap(addr, oldLength, newLength, flags, newAddr);
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  @Override
  public long madvise(long addr, long length, int advice) {
    return result(0, () -> process.madvise(addr, length, PortAdvice.of(advice)));
  }

  @Override
  public long mlock(long addr, long length) {
    return result(0, () -> process.mlock(addr, length));
  }

  @Override
  public long munlock(long addr, long length) {
    return result(0, () -> process.munlock(addr, length));
  }

  @Override
  public long mseal(long addr, long length, long flags) {
    return result(0, () -> process.mseal(addr, length, flags));
  }

  @Override
  public long mbind(long addr, long length, int node) {
    return result(0, () -> process.mbind(addr, length, Mempolicy.MPOL_BIND, 1L << node));
  }

  @Override
  public long movePage(long addr, int node) {
    int[] status = new int[1];
    try {
      int[] nodes = node < 0 ? null : new int[] {node};
      int kept = process.movePages(new long[] {addr}, nodes, status, MovePages.MPOL_MF_MOVE_ALL);
      return kept > 0 ? NOT_MOVED + kept : status[0];
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  @Override
  public long swapOut(long addr, long length) {
    return result(0, () -> process.swapOut(addr, length));
  }

  @Override
  public long prctl(int option, long value) {
    return switch (option) {
      case Abi.PR_SET_MEMORY_MERGE -> result(0, () -> process.prctlMemoryMerge(value));
      case Abi.PR_GET_MEMORY_MERGE -> process.mm().mmFlagsTest(MmFlags.MMF_VM_MERGE_ANY) ? 1 : 0;
      default -> throw new NotSupportedYetException("prctl " + option);
    };
  }

  @Override
  public long processMadvise(long pidfd, List<Extent> vector, int advice, int flags) {
    List<ProcessMadvise.IoVec> ranges =
        vector.stream().map(v -> new ProcessMadvise.IoVec(v.start(), v.length())).toList();
    try {
      return process.processMadvise(
          pidfd == Abi.PIDFD_SELF ? new ProcessMadvise.Pidfd.Of(process.mm()) : files.pidfd(pidfd),
          ranges,
          advice < 0 ? null : PortAdvice.of(advice),
          flags);
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  @Override
  public Access tryRead(long addr) {
    return memory.tryRead(addr);
  }

  @Override
  public Access tryWrite(long addr, int value) {
    return memory.tryWrite(addr, value);
  }

  @Override
  public byte[] read(long addr, int length) throws SyscallException {
    return memory.read(addr, length);
  }

  @Override
  public void write(long addr, byte[] bytes) throws SyscallException {
    memory.write(addr, bytes);
  }

  @Override
  public void fill(long addr, long length, int value) throws SyscallException {
    memory.fill(addr, length, value);
  }

  @Override
  public long writeMem(long addr, byte[] bytes) {
    try {
      return process.mem().pwrite(addr, bytes);
    } catch (SyscallException e) {
      return PortErrno.of(e);
    }
  }

  @Override
  public long memfdCreate(int flags) {
    return files.memfdCreate((flags & Abi.MFD_ALLOW_SEALING) != 0);
  }

  @Override
  public long createFile() {
    return files.createFile();
  }

  @Override
  public long reopenReadOnly(long fd) {
    return files.reopenReadOnly(fd);
  }

  @Override
  public long ftruncate(long fd, long size) {
    return files.ftruncate(fd, size);
  }

  @Override
  public long addSeals(long fd, int seals) {
    return files.addSeals(fd, seals);
  }

  @Override
  public long close(long fd) {
    return files.close(fd);
  }

  @Override
  public Uffd userfaultfd() {
    return new PortUffd(process);
  }

  @Override
  public long uprobe(long fd, int type) {
    throw new NotSupportedYetException("uprobes");
  }

  @Override
  public TestProcess fork() {
    try {
      return kernel.started(new PortProcess(kernel, process.fork(), files.inherited()));
    } catch (SyscallException e) {
      throw new IllegalStateException("fork: " + e.error(), e);
    }
  }

  @Override
  public void exec() {
    try {
      process.exec(Exec.Image.ofHeap(HEAP));
    } catch (SyscallException e) {
      throw new IllegalStateException("exec: " + e.error(), e);
    }
  }

  @Override
  public void exit() {
    kernel.ended(this);
    exited = true;
    process.exit();
  }

  @Override
  public long pidfdOpen(TestProcess other) {
    return files.pidfdOpen((PortProcess) other);
  }

  @Override
  public long[] pagemap(long addr, int pages) {
    try {
      return kernel.machine().proc().pagemap(process.pid(), addr, pages);
    } catch (SyscallException e) {
      throw new IllegalStateException("pagemap: " + e.error(), e);
    }
  }

  @Override
  public @Nullable Extent vma(long addr) {
    VmArea vma = process.mm().vmas.vmaLookup(addr);
    return vma == null ? null : new Extent(vma.vmStart, vma.vmEnd);
  }

  @Override
  public PagemapScan pagemapScan(long start, long end, long category) {
    PmScanArg arg = new PmScanArg();
    arg.start = start;
    arg.end = end;
    arg.vecLen = MOST_REGIONS;
    arg.categoryMask = category;
    arg.returnMask = category;
    List<PageRegion> regions = new ArrayList<>();
    long found;
    try {
      found = kernel.machine().proc().pagemapScan(process.pid(), arg, regions);
    } catch (SyscallException e) {
      found = PortErrno.of(e);
    }
    List<Extent> extents = regions.stream().map(r -> new Extent(r.start(), r.end())).toList();
    return new PagemapScan(found, arg.walkEnd, extents);
  }

  @Override
  public @Nullable String procFile(String name) {
    return kernel.read("/proc/%d/%s".formatted(process.pid(), name));
  }
}
