// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import java.util.Map;
import java.util.Objects;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.ExtensionPoint;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.unmerge.KsmMadvise;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.ksm.wiring.Strategies;
import org.samepage.machine.Machine;
import org.samepage.machine.access.AccessRemoteVm;
import org.samepage.machine.access.ProcMem;
import org.samepage.machine.access.UserAccess;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.exit.ExitMmap;
import org.samepage.machine.fault.FileFaults;
import org.samepage.machine.fault.Gup;
import org.samepage.machine.fault.KsmZeroPages;
import org.samepage.machine.fault.PageFaults;
import org.samepage.machine.fault.Populate;
import org.samepage.machine.file.SharedFiles;
import org.samepage.machine.fork.CopyPageRange;
import org.samepage.machine.fork.DupMmap;
import org.samepage.machine.hash.Xxh64;
import org.samepage.machine.mmap.Brk;
import org.samepage.machine.mmap.ChangeProtection;
import org.samepage.machine.mmap.Commit;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.MadviseGuard;
import org.samepage.machine.mmap.Mlock;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.MovePageTables;
import org.samepage.machine.mmap.Mprotect;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.mmap.Munmap;
import org.samepage.machine.mmap.StackVma;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.machine.mmap.VmaMerge;
import org.samepage.machine.mmap.VmaModify;
import org.samepage.machine.mmap.ZapRange;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.spi.PageHash;
import org.samepage.mm.time.KernelClock;
import org.samepage.mm.time.VirtualClock;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;

/** The machine above mm-core, pagewalk, rmap and ksm, with the strategies that it runs with. */
final class MachineModule extends AbstractModule {
  private final MachineConfig config;
  private final Sched sched;

  MachineModule(MachineConfig config, Sched sched) {
    this.config = config;
    this.sched = sched;
  }

  @Override
  protected void configure() {
    bind(MemoryLayout.class).toInstance(config.memory());
    bind(Sched.class).toInstance(sched);
    bind(PageHash.class).to(Xxh64.class);
    bind(FaultHandler.class).to(PageFaults.class);
  }

  @Provides
  @Singleton
  KernelClock clock() {
    return new VirtualClock();
  }

  @Provides
  Xxh64 xxh64() {
    return new Xxh64();
  }

  @Provides
  @Singleton
  Strategies strategies(
      Map<String, Provider<ScanStrategy>> scan,
      Map<String, Provider<UnmergeStrategy>> unmerge,
      Map<String, Provider<RmapWalkStrategy>> rmapWalk,
      Map<String, Provider<RmapItemLayout>> layout) {
    return new Strategies(
        pick(ScanStrategy.class, scan),
        pick(UnmergeStrategy.class, unmerge),
        pick(RmapWalkStrategy.class, rmapWalk),
        pick(RmapItemLayout.class, layout));
  }

  private <S> S pick(Class<S> point, Map<String, Provider<S>> known) {
    ExtensionPoint name = Objects.requireNonNull(point.getAnnotation(ExtensionPoint.class));
    String chosen = Objects.requireNonNull(config.strategies().get(name.value()), name.value());
    return Objects.requireNonNull(known.get(chosen), chosen).get();
  }

  @Provides
  @Singleton
  KsmZeroPages ksmZeroPages(KsmState state) {
    return new KsmZeroPages(state.ksmZeroPages);
  }

  @Provides
  @Singleton
  PageFaults pageFaults(
      Folios folios,
      NormalPage normalPage,
      AnonVmas anonVmas,
      AnonRmap rmap,
      KsmZeroPages zeroPages,
      SharedFiles files) {
    return new PageFaults(
        folios,
        normalPage,
        anonVmas,
        rmap,
        zeroPages,
        new FileFaults(folios, files, anonVmas, rmap));
  }

  @Provides
  @Singleton
  AccessRemoteVm accessRemoteVm(Folios folios, Gup gup) {
    return new AccessRemoteVm(folios, gup);
  }

  @Provides
  @Singleton
  Machine.Access access(Folios folios, FaultHandler faults, AccessRemoteVm remote, ExitMmap exit) {
    return new Machine.Access(new UserAccess(folios, faults), new ProcMem(remote, exit), faults);
  }

  @Provides
  @Singleton
  ZapRange zapRange(Folios folios, NormalPage normalPage, AnonRmap rmap, KsmZeroPages zeroPages) {
    return new ZapRange(folios, normalPage, rmap, zeroPages);
  }

  @Provides
  @Singleton
  SharedFiles sharedFiles(Folios folios) {
    return new SharedFiles(folios);
  }

  @Provides
  @Singleton
  MergeAny mergeAny(KsmState state, KsmSlots slots, KsmMadvise ksm) {
    return new MergeAny(state, slots, ksm);
  }

  @Provides
  @Singleton
  Gup gup(Folios folios, NormalPage normalPage, FaultHandler faults) {
    return new Gup(folios, normalPage, faults);
  }

  @Provides
  @Singleton
  Populate populate(Gup gup) {
    return new Populate(gup);
  }

  @Provides
  @Singleton
  VmaMerge vmaMerge(AnonVmas anonVmas, SharedFiles files) {
    return new VmaMerge(anonVmas, files);
  }

  @Provides
  @Singleton
  VmaModify vmaModify(VmaMerge merge, AnonVmas anonVmas) {
    return new VmaModify(merge, anonVmas);
  }

  @Provides
  @Singleton
  Madvise madvise(
      KsmMadvise ksm, ZapRange zap, VmaModify modify, AnonVmas anonVmas, Populate populate) {
    return new Madvise(ksm, zap, modify, new MadviseGuard(anonVmas, zap), populate);
  }

  @Provides
  @Singleton
  ExitMmap exitMmap(KsmSlots slots, ZapRange zap, AnonVmas anonVmas, SharedFiles files) {
    return new ExitMmap(slots, zap, anonVmas, files);
  }

  @Provides
  @Singleton
  Machine.Life life(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      AnonVmas anonVmas,
      MergeAny mergeAny,
      AccessRemoteVm remote,
      VmaMerge merge,
      ExitMmap exit) {
    StackVma stack = new StackVma(merge, new MovePageTables(), anonVmas);
    return new Machine.Life(
        new DupMmap(anonVmas, new CopyPageRange(folios, normalPage, rmap), mergeAny),
        new Exec(mergeAny, remote, stack),
        exit);
  }

  @Provides
  @Singleton
  Machine.Mapping mapping(
      Folios folios,
      NormalPage normalPage,
      VmaMerge merge,
      VmaModify modify,
      ZapRange zap,
      AnonVmas anonVmas,
      SharedFiles files,
      Populate populate,
      KsmMadvise ksm,
      MergeAny mergeAny) {
    Commit commit = new Commit(config.memory().pages());
    Munmap munmap = new Munmap(modify, zap, anonVmas, files);
    Mremap.Changes changes = new Mremap.Changes(merge, munmap, new MovePageTables());
    ChangeProtection change = new ChangeProtection(folios, normalPage);
    return new Machine.Mapping(
        new Mmap(merge, populate, commit, mergeAny),
        munmap,
        new Mremap(changes, ksm, anonVmas, populate, commit),
        new Mprotect(modify, change, populate, commit),
        new Mlock(modify, populate),
        new Brk(merge, munmap, commit, mergeAny),
        new Userfaultfd(modify, change),
        files);
  }

  @Provides
  @Singleton
  Machine machine(
      Sched sched,
      Folios folios,
      PageAllocator allocator,
      PageContents contents,
      KernelLog log,
      ProbeBudget budget,
      KsmState ksmState,
      Ksmd ksmd,
      KsmSysfs ksm,
      RmapWalkKsm rmapWalk,
      Strategies strategies,
      Machine.Mapping mapping,
      Madvise madvise,
      MergeAny mergeAny,
      Machine.Access access,
      Machine.Life life) {
    return new Machine(
        config,
        new Machine.Memory(folios, allocator, contents),
        new Machine.Kernel(sched, log, budget),
        new Machine.Ksm(ksmState, ksmd, ksm, rmapWalk, strategies),
        new Machine.Calls(mapping, madvise, mergeAny, access, life));
  }
}
