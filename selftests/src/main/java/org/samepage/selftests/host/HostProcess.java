// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.host;

import static org.samepage.mm.units.PageUnits.bytesToPages;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.selftests.sys.Abi;
import org.samepage.selftests.sys.Access;
import org.samepage.selftests.sys.Extent;
import org.samepage.selftests.sys.PagemapScan;
import org.samepage.selftests.sys.TestProcess;
import org.samepage.selftests.sys.Uffd;

/** A real process: nearly every call is made by it, as it is. */
final class HostProcess implements TestProcess {
  private static final int O_RDONLY = 0;
  private static final int O_RDWR = 2;
  private static final int F_ADD_SEALS = 1033;

  /**
   * Reclaim takes what is inactive, and learns every two seconds that too little is: so it is asked
   * again for six seconds.
   */
  private static final int MOST_RECLAIMS = 60;

  private static final long RECLAIM_NAP_NANOS = 100_000_000;

  private final HostKernel kernel;
  private final String name;
  private final Map<Long, Path> onDisk = new HashMap<>();
  private Agent agent;
  private HostCalls calls;

  HostProcess(HostKernel kernel, Agent agent, String name) {
    this.kernel = kernel;
    this.agent = agent;
    this.calls = new HostCalls(agent);
    this.name = name;
  }

  @Override
  public long mmap(long addr, long length, int prot, int flags, long fd, long offset) {
    return agent.syscall(Syscall.MMAP, addr, length, prot, flags, fd, offset);
  }

  @Override
  public long munmap(long addr, long length) {
    return agent.syscall(Syscall.MUNMAP, addr, length);
  }

  @Override
  public long mprotect(long addr, long length, int prot) {
    return agent.syscall(Syscall.MPROTECT, addr, length, prot);
  }

  @Override
  public long mremap(long addr, long oldLength, long newLength, int flags, long newAddr) {
    return agent.syscall(Syscall.MREMAP, addr, oldLength, newLength, flags, newAddr);
  }

  @Override
  public long madvise(long addr, long length, int advice) {
    return agent.syscall(Syscall.MADVISE, addr, length, advice);
  }

  @Override
  public long mlock(long addr, long length) {
    return agent.syscall(Syscall.MLOCK, addr, length);
  }

  @Override
  public long munlock(long addr, long length) {
    return agent.syscall(Syscall.MUNLOCK, addr, length);
  }

  @Override
  public long mseal(long addr, long length, long flags) {
    return agent.syscall(Syscall.MSEAL, addr, length, flags);
  }

  @Override
  public long mbind(long addr, long length, int node) {
    return calls.mbind(addr, length, node);
  }

  @Override
  public long movePage(long addr, int node) {
    return calls.movePage(addr, node);
  }

  @Override
  public long swapOut(long addr, long length) {
    MemoryGroup group = kernel.group();
    if (group == null) {
      throw new NotSupportedYetException("sending merged pages to swap without a memory cgroup");
    }
    int pages = (int) bytesToPages(length);
    for (int tries = 0; tries < MOST_RECLAIMS; tries++) {
      if (swapped(addr, pages)) {
        return 0;
      }
      if (madvise(addr, length, Abi.MADV_PAGEOUT) < 0 || !swapped(addr, pages)) {
        group.reclaim();
      }
      if (!swapped(addr, pages)) {
        LockSupport.parkNanos(RECLAIM_NAP_NANOS);
      }
    }
    return -Errno.EAGAIN;
  }

  private boolean swapped(long addr, int pages) {
    return Arrays.stream(pagemap(addr, pages)).allMatch(word -> (word & Abi.PM_SWAP) != 0);
  }

  @Override
  public long prctl(int option, long value) {
    return agent.syscall(Syscall.PRCTL, option, value);
  }

  @Override
  public long processMadvise(long pidfd, List<Extent> vector, int advice, int flags) {
    return calls.processMadvise(pidfd, vector, advice, flags);
  }

  // ------------------------------------------------------------------ memory

  /** An access that may end with a signal. */
  @FunctionalInterface
  private interface Touch {
    void memory() throws SyscallException;
  }

  private static Access attempt(Touch touch) {
    try {
      touch.memory();
      return Access.OK;
    } catch (SyscallException e) {
      return Access.valueOf(e.error());
    }
  }

  @Override
  public Access tryRead(long addr) {
    return attempt(() -> agent.touch(addr, 1));
  }

  @Override
  public Access tryWrite(long addr, int value) {
    return attempt(() -> agent.poke(addr, 1, value));
  }

  @Override
  public byte[] read(long addr, int length) throws SyscallException {
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; at += Agent.BUFFER_SIZE) {
      agent.load(addr + at, ByteBuffer.wrap(bytes, at, Math.min(Agent.BUFFER_SIZE, length - at)));
    }
    return bytes;
  }

  @Override
  public void write(long addr, byte[] bytes) throws SyscallException {
    for (int at = 0; at < bytes.length; at += Agent.BUFFER_SIZE) {
      agent.store(
          addr + at, ByteBuffer.wrap(bytes, at, Math.min(Agent.BUFFER_SIZE, bytes.length - at)));
    }
  }

  @Override
  public void fill(long addr, long length, int value) throws SyscallException {
    agent.fill(addr, length, value);
  }

  /** By us: the kernel goes the same way as for the process's own /proc/self/mem. */
  @Override
  public long writeMem(long addr, byte[] bytes) {
    try (FileChannel memory =
        FileChannel.open(ProcFiles.of(agent.pid(), "mem"), StandardOpenOption.WRITE)) {
      return memory.write(ByteBuffer.wrap(bytes), addr);
    } catch (IOException e) {
      return -Errno.EIO;
    }
  }

  // ------------------------------------------------------------------ files

  @Override
  public long memfdCreate(int flags) {
    return agent.syscall(Syscall.MEMFD_CREATE, calls.text("samepage-selftest"), flags);
  }

  @Override
  public long createFile() {
    return open(kernel.createFile(), O_RDWR);
  }

  private long open(Path file, int flags) {
    long fd = agent.syscall(Syscall.OPEN, calls.text(file.toString()), flags);
    if (fd >= 0) {
      onDisk.put(fd, file);
    }
    return fd;
  }

  @Override
  public long reopenReadOnly(long fd) {
    Path file = Objects.requireNonNull(onDisk.get(fd), "no file on a disk");
    long closed = close(fd);
    return closed < 0 ? closed : open(file, O_RDONLY);
  }

  @Override
  public long ftruncate(long fd, long size) {
    return agent.syscall(Syscall.FTRUNCATE, fd, size);
  }

  @Override
  public long addSeals(long fd, int seals) {
    return agent.syscall(Syscall.FCNTL, fd, F_ADD_SEALS, seals);
  }

  @Override
  public long close(long fd) {
    onDisk.remove(fd);
    return agent.syscall(Syscall.CLOSE, fd);
  }

  @Override
  public Uffd userfaultfd() {
    return HostUffd.open(agent);
  }

  @Override
  public long uprobe(long fd, int type) {
    Path file = Objects.requireNonNull(onDisk.get(fd), "no file on a disk");
    return calls.uprobe(file, type);
  }

  // ------------------------------------------------------------------ processes

  @Override
  public TestProcess fork() {
    long pid = agent.fork();
    if (pid < 0) {
      throw new SurroundingsException("process %s cannot be forked: %d".formatted(name, pid));
    }
    String child = kernel.nextName();
    HostProcess process = new HostProcess(kernel, kernel.session().adopt(pid, child), child);
    process.onDisk.putAll(onDisk);
    return kernel.started(process);
  }

  @Override
  public void exec() {
    calls.exec(kernel.session().program());
    Agent before = agent;
    agent = kernel.session().meetAgain(before.pid(), name);
    calls = new HostCalls(agent);
    before.close();
  }

  @Override
  public void exit() {
    kernel.ended(this);
    agent.exit();
  }

  /** The process ends by itself. */
  void hangUp() {
    agent.close();
  }

  @Override
  public long pidfdOpen(TestProcess other) {
    return agent.syscall(Syscall.PIDFD_OPEN, ((HostProcess) other).agent.pid(), 0);
  }

  // ------------------------------------------------------------------ /proc/self

  @Override
  public long[] pagemap(long addr, int pages) {
    return HostProcFiles.pagemap(agent.pid(), addr, pages);
  }

  @Override
  public @Nullable Extent vma(long addr) {
    return calls.procmapQuery(addr);
  }

  @Override
  public PagemapScan pagemapScan(long start, long end, long category) {
    return calls.pagemapScan(start, end, category);
  }

  @Override
  public @Nullable String procFile(String file) {
    return HostProcFiles.text(agent.pid(), file);
  }
}
