// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.wiring.Strategies;
import org.samepage.machine.access.UserAccess;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.exit.ExitMmap;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.Mmap;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.Task;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.mm.work.WorkCounters;

/** A booted machine: memory, processes, KSM, and what they report. Close it to free its memory. */
public final class Machine implements AutoCloseable {
  private final MachineConfig config;
  private final Memory memory;
  private final Kernel kernel;
  private final Ksm ksm;
  private final UserProcess.Calls calls;
  private final List<Mm> mms = new CopyOnWriteArrayList<>();

  /** Physical memory. */
  public record Memory(Folios folios, PageAllocator allocator, PageContents contents) {}

  /** What everything runs on. */
  public record Kernel(Sched sched, KernelLog log, ProbeBudget budget) {}

  /** KSM. */
  public record Ksm(
      KsmState state, Ksmd ksmd, KsmSysfs sysfs, RmapWalkKsm rmapWalk, Strategies strategies) {}

  /** The system calls. */
  public record Calls(Mmap mmap, Madvise madvise, UserAccess access, ExitMmap exit) {}

  /** Puts a machine together; see {@code MachineBoot}. */
  public Machine(MachineConfig config, Memory memory, Kernel kernel, Ksm ksm, Calls calls) {
    this.config = config;
    this.memory = memory;
    this.kernel = kernel;
    this.ksm = ksm;
    this.calls =
        new UserProcess.Calls(calls.mmap, calls.madvise, calls.access, calls.exit, ksm.sysfs);
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
    Mm mm = new Mm(kernel.sched, new PgTables(kernel.sched, memory.folios));
    mms.add(mm);
    return new UserProcess(mm, calls);
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
