// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.host.kernel.Smaps;
import org.samepage.machine.SyscallException;
import org.samepage.mm.units.PageUnits;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.PresentPages;
import org.samepage.scenario.lang.Advice;
import org.samepage.scenario.lang.Content;

/** A real process. */
final class HostProcess implements BackendProcess {
  private static final int MAP_SHARED = 0x1;
  private static final int MAP_PRIVATE = 0x2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MAP_POPULATE = 0x8000;
  private static final int MAP_FIXED_NOREPLACE = 0x10_0000;
  private static final int MREMAP_MAYMOVE = 1;
  private static final int MREMAP_FIXED = 2;
  private static final int MREMAP_DONTUNMAP = 4;
  private static final int PR_SET_MEMORY_MERGE = 67;
  private static final int O_RDWR = 2;

  /** The flags of smaps that a result document has, in its order. */
  private static final List<String> SHOWN_FLAGS = List.of("sh", "lo", "dc", "wf", "hg", "nh", "mg");

  private final HostBackend backend;
  private final Agent agent;
  private final HostMoves moves;
  private final String name;
  private @Nullable FileChannel memory;

  HostProcess(HostBackend backend, Agent agent, String name) {
    this.backend = backend;
    this.agent = agent;
    this.moves = new HostMoves(agent);
    this.name = name;
  }

  @Override
  public long pid() {
    return agent.pid();
  }

  @Override
  public void mmap(MmapCall call) throws SyscallException {
    int flags = MAP_FIXED_NOREPLACE | (call.shared() ? MAP_SHARED : MAP_PRIVATE);
    flags |= call.noreserve() ? MAP_NORESERVE : 0;
    flags |= call.populate() ? MAP_POPULATE : 0;
    long fd = -1;
    if (call.file() == null) {
      flags |= MAP_ANONYMOUS;
    } else {
      fd = open(backend.file(call.file()));
    }
    long result =
        agent.syscall(
            Syscall.MMAP, call.addr(), call.length(), call.prot(), flags, fd, call.offset());
    if (fd >= 0) {
      agent.syscall(Syscall.CLOSE, fd);
    }
    throwErrno(result);
  }

  private long open(Path file) throws SyscallException {
    agent.put(ByteBuffer.wrap((file + "\0").getBytes(StandardCharsets.UTF_8)));
    return throwErrno(agent.syscall(Syscall.OPEN, Agent.BUFFER, O_RDWR));
  }

  @Override
  public void munmap(long addr, long length) throws SyscallException {
    throwErrno(agent.syscall(Syscall.MUNMAP, addr, length));
  }

  @Override
  public void mremap(MremapCall call) throws SyscallException {
    Long to = call.to();
    int flags = 0;
    if (to != null) {
      backend.slowUnmerge().refuse(mergeableBytes(call.addr(), call.addr() + call.oldLength()));
      flags = MREMAP_MAYMOVE | MREMAP_FIXED | (call.dontunmap() ? MREMAP_DONTUNMAP : 0);
    }
    throwErrno(
        agent.syscall(
            Syscall.MREMAP,
            call.addr(),
            call.oldLength(),
            call.newLength(),
            flags,
            to == null ? 0 : to));
  }

  @Override
  public void mprotect(long addr, long length, int prot) throws SyscallException {
    throwErrno(agent.syscall(Syscall.MPROTECT, addr, length, prot));
  }

  @Override
  public void madvise(long addr, long length, Advice advice) throws SyscallException {
    if (advice == Advice.UNMERGEABLE) {
      backend.slowUnmerge().refuse(mergeableBytes(addr, addr + length));
    }
    if (advice == Advice.HUGEPAGE || advice == Advice.COLLAPSE) {
      backend.hasHugePages();
    }
    throwErrno(agent.syscall(Syscall.MADVISE, addr, length, advice.number()));
  }

  @Override
  public void mlock(long addr, long length, boolean lock) throws SyscallException {
    backend.locksPages();
    throwErrno(agent.syscall(lock ? Syscall.MLOCK : Syscall.MUNLOCK, addr, length));
  }

  @Override
  public void prctlMemoryMerge(long value) throws SyscallException {
    if (value == 0) {
      backend.slowUnmerge().refuse(mergeableBytes(0, Long.MAX_VALUE));
    }
    throwErrno(agent.syscall(Syscall.PRCTL, PR_SET_MEMORY_MERGE, value));
  }

  /** Mergeable bytes in a range, by what smaps says now. */
  long mergeableBytes(long from, long to) {
    return Smaps.mergeableBytes(agent.pid(), from, to);
  }

  private static long throwErrno(long result) throws SyscallException {
    if (result < 0 && result >= -4095) {
      throw SyscallException.ofErrno((int) result);
    }
    return result;
  }

  @Override
  public void write(long addr, long pages, Content content) throws SyscallException {
    agent.write(addr, pages, content);
  }

  @Override
  public void poke(long addr, long pages, int value) throws SyscallException {
    agent.poke(addr, pages, value);
  }

  @Override
  public void touch(long addr, long pages) throws SyscallException {
    agent.touch(addr, pages);
  }

  @Override
  public @Nullable Mismatch check(long addr, long pages, Content content) throws SyscallException {
    return agent.check(addr, pages, content);
  }

  /** To a node, by move_pages, page by page. */
  @Override
  public void migrate(long addr, long pages, @Nullable Integer node) throws SyscallException {
    if (node == null) {
      throw new SurroundingsException(
          "migrate: no system call moves a page to another frame of its own node; say node=N, or"
              + " run it on the port");
    }
    for (long i = 0; i < pages; i++) {
      moves.migrate(addr + i * PageUnits.PAGE_SIZE, node);
    }
  }

  /** Page by page, as a page that stays ends it. */
  @Override
  public void swapout(long addr, long pages) throws SyscallException {
    if (!HostMemory.hasSwap()) {
      throw new SurroundingsException("swapout: no swap is on here; run it on the port");
    }
    moves.swapout(addr, addr + PageUnits.pagesToBytes(pages), this::presentPages);
  }

  @Override
  public void offline(long addr, long pages) {
    throw new SurroundingsException(
        "offline: frames of a real machine are not taken out; run it on the port");
  }

  @Override
  public BackendProcess fork(String childName) throws SyscallException {
    return backend.adopt(throwErrno(agent.fork()), childName);
  }

  @Override
  public void exit() {
    closeMemory();
    agent.exit();
    backend.gone(name);
  }

  @Override
  public KsmStat ksmStat() {
    Map<String, String> stat = ProcFiles.figures(ProcFiles.of(agent.pid(), "ksm_stat"));
    return new KsmStat(
        figure(stat, "ksm_rmap_items"),
        figure(stat, "ksm_zero_pages"),
        figure(stat, "ksm_merging_pages"),
        figure(stat, "ksm_process_profit"));
  }

  private static long figure(Map<String, String> stat, String key) {
    return Long.parseLong(stat.getOrDefault(key, "0"));
  }

  @Override
  public List<String> maps() {
    return Smaps.of(agent.pid()).stream()
        .filter(HostArena::contains)
        .map(HostProcess::line)
        .toList();
  }

  private static String line(Smaps.Vma vma) {
    StringBuilder line = new StringBuilder(vma.prefix());
    SHOWN_FLAGS.stream().filter(vma.flags()::contains).forEach(f -> line.append(' ').append(f));
    return line.toString();
  }

  @Override
  public PresentPages presentPages() {
    return HostPages.of(agent, memory());
  }

  /** The process's memory; being open keeps nothing of it alive. */
  private FileChannel memory() {
    if (memory == null) {
      try {
        memory = FileChannel.open(ProcFiles.of(agent.pid(), "mem"), StandardOpenOption.READ);
      } catch (IOException e) {
        throw new SurroundingsException("process %s has died".formatted(name), e);
      }
    }
    return memory;
  }

  private void closeMemory() {
    try {
      if (memory != null) {
        memory.close();
      }
    } catch (IOException e) {
      throw new SurroundingsException(
          "the memory of process %s cannot be closed".formatted(name), e);
    }
  }

  /** Hangs up; the process ends by itself. */
  void close() {
    closeMemory();
    agent.close();
  }
}
