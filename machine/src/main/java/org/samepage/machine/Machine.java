// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.ksm.wiring.Strategies;
import org.samepage.machine.access.ProcMem;
import org.samepage.machine.access.UserAccess;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.exit.ExitMmap;
import org.samepage.machine.file.SharedFiles;
import org.samepage.machine.fork.DupMmap;
import org.samepage.machine.mmap.Brk;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.Mlock;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.Mprotect;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.mmap.Munmap;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.Task;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.mm.work.WorkCounters;

/** A booted machine: memory, processes, KSM, and what they report. Close it to free its memory. */
public final class Machine implements AutoCloseable {
  private final MachineConfig config;
  private final Memory memory;
  private final Kernel kernel;
  private final Ksm ksm;
  private final Calls calls;
  private final PteLayout ptes;
  private final List<Mm> mms = new CopyOnWriteArrayList<>();
  private final List<AddressSpace> files = new CopyOnWriteArrayList<>();

  /** Physical memory. */
  public record Memory(Folios folios, PageAllocator allocator, PageContents contents) {}

  /** What everything runs on. */
  public record Kernel(Sched sched, KernelLog log, ProbeBudget budget) {}

  /** KSM. */
  public record Ksm(
      KsmState state, Ksmd ksmd, KsmSysfs sysfs, RmapWalkKsm rmapWalk, Strategies strategies) {}

  /** The system calls. */
  public record Calls(
      Mapping mapping, Madvise madvise, MergeAny mergeAny, Access access, Life life) {}

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
      Userfaultfd userfaultfd,
      SharedFiles files) {}

  /** Puts a machine together; see {@code MachineBoot}. */
  public Machine(MachineConfig config, Memory memory, Kernel kernel, Ksm ksm, Calls calls) {
    this.config = config;
    this.ptes = new PteLayout(config.options());
    this.memory = memory;
    this.kernel = kernel;
    this.ksm = ksm;
    this.calls = calls;
  }

  public MachineConfig config() {
    return config;
  }

  public Memory memory() {
    return memory;
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
    return new UserProcess(newMm(), this, calls);
  }

  private Mm newMm() {
    Mm mm = new Mm(kernel.sched, new PgTables(kernel.sched, memory.folios), ptes);
    mms.add(mm);
    return mm;
  }

  /** Makes a child of a process; null where memory is short. */
  @Nullable UserProcess fork(UserProcess parent) {
    Mm mm = newMm();
    if (calls.life.fork.dupMmap(mm, parent.mm()) != 0) {
      calls.life.exit.mmput(mm);
      return null;
    }
    return new UserProcess(mm, this, calls);
  }

  /**
   * Makes the address space that a process has after exec.
   *
   * @return null where memory is short
   */
  @Nullable Mm exec(Mm old, Exec.Image image) {
    Mm mm = newMm();
    if (calls.life.exec.beginNewExec(mm, old, image) != 0) {
      calls.life.exit.mmput(mm);
      return null;
    }
    return mm;
  }

  /** Makes a file in memory, which stays until the machine is closed. */
  public AddressSpace newFile(long size) {
    AddressSpace file = new AddressSpace(size);
    files.add(file);
    return file;
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
