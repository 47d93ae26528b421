// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.ksm.control.KsmdThread;
import org.samepage.ksm.folio.KsmFolios;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.rmapwalk.CollectProcsKsm;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.ksm.wiring.Strategies;
import org.samepage.machine.access.ProcMem;
import org.samepage.machine.access.UserAccess;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.exit.ExitMmap;
import org.samepage.machine.fault.FailFaults;
import org.samepage.machine.file.SharedFiles;
import org.samepage.machine.fork.DupMmap;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.migrate.OfflinePages;
import org.samepage.machine.mmap.Brk;
import org.samepage.machine.mmap.FileSize;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.Mbind;
import org.samepage.machine.mmap.Mlock;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.Mprotect;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.mmap.Mseal;
import org.samepage.machine.mmap.Munmap;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.machine.proc.ProcFiles;
import org.samepage.machine.swap.Reclaim;
import org.samepage.machine.thp.HugeZeroFolio;
import org.samepage.machine.thp.ThpSysfs;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.Task;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.time.VirtualClock;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.split.DeferredSplitScan;
import org.samepage.rmap.trace.RmapTracepoints;

/** A booted machine: memory, processes, KSM, and what they report. Close it to free its memory. */
public final class Machine implements AutoCloseable {
  private final MachineConfig config;
  private final Memory memory;
  private final Kernel kernel;
  private final Ksm ksm;
  private final Calls calls;
  private final ProcFs proc;
  private final AtomicInteger lastPid = new AtomicInteger();
  private final Map<Integer, UserProcess> processes = new ConcurrentHashMap<>();
  private final List<Mm> mms = new CopyOnWriteArrayList<>();
  private final List<AddressSpace> files = new CopyOnWriteArrayList<>();

  /** Physical memory. */
  public record Memory(
      Folios folios, PageAllocator allocator, PageContents contents, Swap swap, Thp thp) {}

  /** Huge pages: their files in sysfs, the one of zeros, and those that would better be split. */
  public record Thp(ThpSysfs sysfs, HugeZeroFolio zero, DeferredSplitScan deferredSplit) {}

  /** Where pages are swapped out to, and what words mean that stand for them. */
  public record Swap(SwapDevice device, Mmlist mmlist, SwapTypes types) {}

  /** What everything runs on. */
  public record Kernel(
      Sched sched,
      VirtualClock clock,
      KernelLog log,
      ProbeBudget budget,
      FailFaults failFaults,
      PteLayout ptes,
      RmapTracepoints rmapTracepoints) {}

  /** KSM. */
  public record Ksm(
      KsmState state,
      Ksmd ksmd,
      KsmdThread thread,
      KsmSysfs sysfs,
      KsmTracepoints tracepoints,
      KsmHotRemove hotRemove,
      KsmSlots slots,
      MergeAny mergeAny,
      RmapWalkKsm rmapWalk,
      CollectProcsKsm collectProcs,
      KsmFolios folios,
      Strategies strategies) {}

  /** The system calls. */
  public record Calls(
      Mapping mapping, Madvise madvise, MergeAny mergeAny, Moves moves, Access access, Life life) {}

  /** What takes pages from their frames. */
  public record Moves(Reclaim reclaim, MovePages movePages, OfflinePages offline) {}

  /** How memory is read and written: by its process, and through /proc/PID/mem; and its faults. */
  public record Access(UserAccess user, ProcMem mem, FaultHandler faults) {}

  /** How address spaces begin and end. */
  public record Life(DupMmap fork, Exec exec, ExitMmap exit) {}

  /** The system calls that change mappings. */
  public record Mapping(
      Mmap mmap,
      Munmap munmap,
      Mremap mremap,
      Mprotect mprotect,
      Mlock mlock,
      Brk brk,
      Mbind mbind,
      Mseal mseal,
      FileSize fileSize,
      Userfaultfd userfaultfd,
      SharedFiles files) {}

  /** Puts a machine together; see {@code MachineBoot}. */
  public Machine(
      MachineConfig config,
      Memory memory,
      Kernel kernel,
      Ksm ksm,
      Calls calls,
      ProcFiles procFiles) {
    this.config = config;
    this.memory = memory;
    this.kernel = kernel;
    this.ksm = ksm;
    this.calls = calls;
    this.proc = new ProcFs(procFiles, this::mmOf, calls.life.exit::mmput);
  }

  public MachineConfig config() {
    return config;
  }

  public Memory memory() {
    return memory;
  }

  public Thp thp() {
    return memory.thp;
  }

  public Ksm ksm() {
    return ksm;
  }

  /** Resolves faults, for those who ask for one as kernel code does. */
  public FaultHandler faults() {
    return calls.access.faults;
  }

  /** What the kernel has reported so far. */
  public KernelLog log() {
    return kernel.log;
  }

  /** Tells of each walk over the mappings of a page. */
  public RmapTracepoints rmapTracepoints() {
    return kernel.rmapTracepoints;
  }

  /** The clock; it stands still unless somebody moves it. */
  public VirtualClock clock() {
    return kernel.clock;
  }

  /** Lets allocations fail. */
  public FailSlab failSlab() {
    return kernel.sched.failSlab;
  }

  /** Lets faults fail. */
  public FailFaults failFaults() {
    return kernel.failFaults;
  }

  /** Limits what one operation may probe. */
  public ProbeBudget probeBudget() {
    return kernel.budget;
  }

  /** The work of all tasks so far. */
  public WorkCounters work() {
    return kernel.sched.totalWork();
  }

  /** The task as which the calling thread acts on this machine. */
  public Task currentTask() {
    return kernel.sched.current();
  }

  /** Starts a process with an empty address space. */
  public UserProcess newProcess() {
    return newProcess(newMm());
  }

  private UserProcess newProcess(Mm mm) {
    UserProcess process = new UserProcess(lastPid.incrementAndGet(), mm, this, calls);
    processes.put(process.pid(), process);
    return process;
  }

  void gone(UserProcess process) {
    processes.remove(process.pid());
  }

  private @Nullable Mm mmOf(int pid) {
    UserProcess process = processes.get(pid);
    return process == null ? null : process.mm();
  }

  /** /proc, as root sees it. */
  public ProcFs proc() {
    return proc;
  }

  private Mm newMm() {
    Mm mm = new Mm(kernel.sched, new PgTables(kernel.sched, memory.folios), kernel.ptes);
    mms.add(mm);
    return mm;
  }

  private @Nullable Mm newMmIfRoom() {
    try {
      return newMm();
    } catch (PgTables.OutOfFramesException e) {
      return null;
    }
  }

  /** Makes a child of a process; null where memory is short. */
  @Nullable UserProcess fork(Mm parent) {
    Mm mm = newMmIfRoom();
    if (mm == null) {
      return null;
    }
    mm.rlimits.copyFrom(parent.rlimits);
    mm.mmapBase = parent.mmapBase;
    if (calls.life.fork.dupMmap(mm, parent) != 0) {
      calls.life.exit.mmput(mm);
      return null;
    }
    return newProcess(mm);
  }

  /**
   * Makes the address space that a process has after exec.
   *
   * @return null where memory is short
   */
  @Nullable Mm exec(Mm old, Exec.Image image) {
    Mm mm = newMmIfRoom();
    if (mm == null) {
      return null;
    }
    mm.rlimits.copyFrom(old.rlimits);
    if (calls.life.exec.beginNewExec(mm, old, image) != 0) {
      calls.life.exit.mmput(mm);
      return null;
    }
    return mm;
  }

  /** Makes a file in memory, which stays until the machine is closed. */
  public AddressSpace newFile(long size) {
    AddressSpace file = new AddressSpace(kernel.sched, "/memfd:file", size);
    files.add(file);
    return file;
  }

  /** Makes a file on a disk, which stays until the machine is closed. */
  public AddressSpace newDiskFile(String name) {
    AddressSpace file = new AddressSpace(kernel.sched, name, 0, true);
    files.add(file);
    return file;
  }

  /**
   * ftruncate.
   *
   * @param length of the file from now on [bytes]
   */
  public void truncateFile(AddressSpace file, long length) throws SyscallException {
    int err = calls.mapping.fileSize.doFtruncate(file, length);
    if (err < 0) {
      throw SyscallException.ofErrno(err);
    }
  }

  /** Writes a page of a file. */
  public void writeFile(AddressSpace file, long index, byte[] page) {
    calls.mapping.files.writePage(file, index, page);
  }

  /** The files that were made. */
  public List<AddressSpace> files() {
    return files;
  }

  /**
   * The address spaces that are not freed: of processes, and of exited ones that ksmd still has.
   */
  public List<Mm> mms() {
    mms.removeIf(mm -> mm.mmCount.get() == 0);
    return mms;
  }

  @Override
  public void close() {
    memory.contents.close();
  }
}
