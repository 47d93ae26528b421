// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.folio.KsmFolios;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.unmerge.KsmMadvise;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.machine.Machine;
import org.samepage.machine.access.AccessRemoteVm;
import org.samepage.machine.access.ProcMem;
import org.samepage.machine.access.UserAccess;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.exit.ExitMmap;
import org.samepage.machine.fault.FailFaults;
import org.samepage.machine.fault.FileFaults;
import org.samepage.machine.fault.Gup;
import org.samepage.machine.fault.PageFaults;
import org.samepage.machine.fault.Populate;
import org.samepage.machine.fault.SwapFaults;
import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.machine.file.SharedFiles;
import org.samepage.machine.fork.CopyPageRange;
import org.samepage.machine.fork.DupMmap;
import org.samepage.machine.migrate.MigrateFolio;
import org.samepage.machine.migrate.MigratePages;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.migrate.OfflinePages;
import org.samepage.machine.mmap.Brk;
import org.samepage.machine.mmap.ChangeProtection;
import org.samepage.machine.mmap.Commit;
import org.samepage.machine.mmap.CopyVma;
import org.samepage.machine.mmap.FileSize;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.MadviseGuard;
import org.samepage.machine.mmap.Mbind;
import org.samepage.machine.mmap.Mlock;
import org.samepage.machine.mmap.MlockPages;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.MovePageTables;
import org.samepage.machine.mmap.Mprotect;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.mmap.Mseal;
import org.samepage.machine.mmap.Munmap;
import org.samepage.machine.mmap.StackVma;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.machine.mmap.VmaCommit;
import org.samepage.machine.mmap.VmaMerge;
import org.samepage.machine.mmap.VmaModify;
import org.samepage.machine.mmap.ZapRange;
import org.samepage.machine.proc.ProcFiles;
import org.samepage.machine.swap.Reclaim;
import org.samepage.machine.thp.HugeFaults;
import org.samepage.machine.thp.HugeZeroFolio;
import org.samepage.machine.thp.ThpPolicy;
import org.samepage.machine.trace.JfrRmapTrace;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.KernelOptions;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.swap.HeapSwapStore;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.time.KernelClock;
import org.samepage.mm.time.VirtualClock;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.pagewalk.FolioWalk;
import org.samepage.pagewalk.PageWalk;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FolioAnonVma;
import org.samepage.rmap.huge.SplitHugePmd;
import org.samepage.rmap.split.SplitFolio;
import org.samepage.rmap.trace.RmapTracepoints;
import org.samepage.rmap.unmap.RemoveMigrationPtes;
import org.samepage.rmap.unmap.TryToMigrate;
import org.samepage.rmap.unmap.TryToUnmap;

/** The machine above mm-core, pagewalk, rmap and ksm. */
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
    bind(KernelOptions.class).toInstance(config.options());
    bind(Sched.class).toInstance(sched);
    bind(KernelClock.class).to(VirtualClock.class);
    bind(FaultHandler.class).to(FailFaults.class);
    install(new ThpModule(config));
  }

  @Provides
  @Singleton
  VirtualClock clock() {
    VirtualClock clock = new VirtualClock();
    sched.whenIdle(clock::advanceToNextTimer);
    return clock;
  }

  @Provides
  @Singleton
  SwapDevice swapDevice(Folios folios) {
    return new SwapDevice(sched, folios, new HeapSwapStore(), config.swapPages());
  }

  @Provides
  @Singleton
  SwapFaults swapFaults(
      Folios folios, AnonRmap rmap, KsmFolios ksm, SwapDevice swap, SwapTypes types) {
    return new SwapFaults(sched, folios, rmap, ksm, swap, types);
  }

  @Provides
  @Singleton
  MigratePages migratePages(
      Folios folios,
      PageAllocator allocator,
      AnonVmas anonVmas,
      MigrateFolio.Walks walks,
      SwapDevice swap,
      KsmFolios ksm,
      KernelLog log,
      SplitFolio splitFolio) {
    return new MigratePages(
        sched,
        folios,
        allocator,
        new MigrateFolio(folios, anonVmas, walks, swap, ksm, log),
        splitFolio);
  }

  @Provides
  MigrateFolio.Walks migrateWalks(
      FolioAnonVma anonVma, TryToMigrate tryToMigrate, RemoveMigrationPtes removeMigrationPtes) {
    return new MigrateFolio.Walks(anonVma, tryToMigrate, removeMigrationPtes);
  }

  @Provides
  @Singleton
  Reclaim reclaim(
      Sched sched,
      Folios folios,
      Provider<FolioWalk> walks,
      AnonRmap rmap,
      TryToUnmap unmap,
      SwapDevice swap,
      SplitFolio splitFolio) {
    return new Reclaim(sched, folios, walks::get, rmap, unmap, swap, splitFolio);
  }

  @Provides
  @Singleton
  Machine.Moves moves(
      Folios folios,
      PageAllocator allocator,
      Provider<FolioWalk> walks,
      Reclaim reclaim,
      MigratePages migrate) {
    return new Machine.Moves(
        reclaim,
        new MovePages(folios, allocator, walks::get, migrate),
        new OfflinePages(folios, allocator, walks::get, migrate));
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
      SharedFiles files,
      SwapFaults swapped,
      SwapDevice swap,
      ThpPolicy thpPolicy,
      HugeFaults huge) {
    return new PageFaults(
        folios,
        normalPage,
        anonVmas,
        rmap,
        zeroPages,
        new FileFaults(folios, files, anonVmas, rmap),
        swapped,
        swap,
        thpPolicy,
        huge);
  }

  @Provides
  @Singleton
  FailFaults failFaults(PageFaults faults) {
    return new FailFaults(faults);
  }

  @Provides
  @Singleton
  AccessRemoteVm accessRemoteVm(Folios folios, StackVma stack, Gup gup) {
    return new AccessRemoteVm(folios, stack, gup);
  }

  @Provides
  @Singleton
  Commit commit() {
    return new Commit(config.memory().pages(), config.swapPages());
  }

  @Provides
  @Singleton
  StackVma stackVma(
      VmaMerge merge, VmaCommit vmaCommit, AnonVmas anonVmas, Commit commit, MovePageTables move) {
    return new StackVma(merge, vmaCommit, move, anonVmas, commit, sched.failSlab);
  }

  @Provides
  @Singleton
  Machine.Access access(
      Folios folios, StackVma stack, FaultHandler faults, AccessRemoteVm remote, ExitMmap exit) {
    return new Machine.Access(
        new UserAccess(folios, stack, faults), new ProcMem(remote, exit), faults);
  }

  @Provides
  @Singleton
  ZapRange zapRange(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      KsmZeroPages zeroPages,
      SwapDevice swap,
      SwapTypes types,
      SplitHugePmd splitHugePmd) {
    return new ZapRange(folios, normalPage, rmap, zeroPages, swap, types, splitHugePmd);
  }

  @Provides
  @Singleton
  SharedFiles sharedFiles(Folios folios) {
    return new SharedFiles(folios);
  }

  @Provides
  @Singleton
  MergeAny mergeAny(KsmSlots slots, KsmMadvise ksm) {
    return new MergeAny(slots, ksm);
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
  VmaCommit vmaCommit(AnonVmas anonVmas, SharedFiles files, SplitHugePmd splitHugePmd) {
    return new VmaCommit(anonVmas, files, splitHugePmd, sched.failSlab);
  }

  @Provides
  @Singleton
  VmaMerge vmaMerge(AnonVmas anonVmas, VmaCommit commit) {
    return new VmaMerge(anonVmas, commit);
  }

  @Provides
  @Singleton
  VmaModify vmaModify(VmaMerge merge, AnonVmas anonVmas, SplitHugePmd splitHugePmd) {
    return new VmaModify(merge, anonVmas, splitHugePmd, sched.failSlab);
  }

  @Provides
  @Singleton
  Madvise madvise(
      KsmMadvise ksm,
      ZapRange zap,
      VmaModify modify,
      AnonVmas anonVmas,
      PageWalk pageWalk,
      Populate populate,
      FileSize fileSize,
      Madvise.Pages pages) {
    return new Madvise(
        ksm, zap, modify, new MadviseGuard(anonVmas, zap, pageWalk), populate, fileSize, pages);
  }

  @Provides
  @Singleton
  FileSize fileSize(ZapRange zap, SharedFiles files) {
    return new FileSize(sched, zap, files);
  }

  @Provides
  @Singleton
  ExitMmap exitMmap(
      KsmSlots slots,
      ZapRange zap,
      AnonVmas anonVmas,
      SharedFiles files,
      Mmlist mmlist,
      HugeZeroFolio hugeZero) {
    return new ExitMmap(slots, zap, anonVmas, files, mmlist, hugeZero);
  }

  @Provides
  @Singleton
  Machine.Life life(
      CopyPageRange copy,
      AnonVmas anonVmas,
      KsmSlots slots,
      AccessRemoteVm remote,
      StackVma stack,
      ExitMmap exit) {
    return new Machine.Life(
        new DupMmap(anonVmas, copy, slots, sched.failSlab),
        new Exec(slots, remote, stack, sched.failSlab),
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
      MlockPages mlockPages,
      Populate populate,
      KsmMadvise ksm,
      MergeAny mergeAny,
      FileSize fileSize,
      SwapTypes types,
      Commit commit,
      MovePageTables move,
      SplitHugePmd splitHugePmd) {
    Munmap munmap = new Munmap(modify, zap, anonVmas, files);
    CopyVma copy = new CopyVma(merge, anonVmas, sched.failSlab);
    Mremap.Changes changes = new Mremap.Changes(merge, munmap, copy, move);
    ChangeProtection change = new ChangeProtection(folios, normalPage, types, splitHugePmd);
    return new Machine.Mapping(
        new Mmap(sched, munmap, merge, populate, commit, mergeAny),
        munmap,
        new Mremap(changes, ksm, anonVmas, populate, commit),
        new Mprotect(modify, change, populate, commit),
        new Mlock(modify, mlockPages, populate),
        new Brk(merge, munmap, commit, mergeAny, sched.failSlab),
        new Mbind(modify, config.memory().nodes()),
        new Mseal(modify),
        fileSize,
        new Userfaultfd(modify, change),
        files);
  }

  @Provides
  Machine.Swap machineSwap(SwapDevice device, Mmlist mmlist, SwapTypes types) {
    return new Machine.Swap(device, mmlist, types);
  }

  @Provides
  @Singleton
  ProcFiles procFiles(
      Folios folios,
      PageAllocator allocator,
      NormalPage normalPage,
      PageWalk pageWalk,
      KsmSysfs ksm,
      SwapDevice swap,
      ThpPolicy thp) {
    return new ProcFiles(folios, allocator, normalPage, pageWalk, ksm, swap, thp);
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
      VirtualClock clock,
      FailFaults failFaults,
      Machine.Ksm ksm,
      Machine.Swap swap,
      Machine.Moves moves,
      Machine.Mapping mapping,
      Madvise madvise,
      MergeAny mergeAny,
      Machine.Access access,
      Machine.Life life,
      PteLayout ptes,
      RmapTracepoints rmapTracepoints,
      Machine.Thp thp,
      ProcFiles procFiles) {
    rmapTracepoints.tracepointProbeRegister(new JfrRmapTrace());
    return new Machine(
        config,
        new Machine.Memory(folios, allocator, contents, swap, thp),
        new Machine.Kernel(sched, clock, log, budget, failFaults, ptes, rmapTracepoints),
        ksm,
        new Machine.Calls(mapping, madvise, mergeAny, moves, access, life),
        procFiles);
  }
}
