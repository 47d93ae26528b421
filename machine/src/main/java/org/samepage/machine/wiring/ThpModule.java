// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.samepage.machine.Machine;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.machine.fork.CopyPageRange;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.MadviseColdPageout;
import org.samepage.machine.mmap.MadviseFree;
import org.samepage.machine.mmap.MlockPages;
import org.samepage.machine.mmap.MovePageTables;
import org.samepage.machine.mmap.PartOfLarge;
import org.samepage.machine.swap.Reclaim;
import org.samepage.machine.thp.CollapseHugePage;
import org.samepage.machine.thp.CopyHugePmd;
import org.samepage.machine.thp.HugeFaults;
import org.samepage.machine.thp.HugeZeroFolio;
import org.samepage.machine.thp.MadviseCollapse;
import org.samepage.machine.thp.ThpPolicy;
import org.samepage.machine.thp.ThpSysfs;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.pagewalk.PageWalk;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.huge.SplitHugePmd;
import org.samepage.rmap.split.DeferredSplitScan;
import org.samepage.rmap.split.SplitFolio;

/** Huge pages, and the walks that move and copy entries. */
final class ThpModule extends AbstractModule {
  private final MachineConfig config;

  ThpModule(MachineConfig config) {
    this.config = config;
  }

  @Override
  protected void configure() {
    bind(HugeSplitter.class).to(SplitHugePmd.class);
  }

  @Provides
  @Singleton
  ThpSysfs thpSysfs() {
    return new ThpSysfs(config.thp());
  }

  @Provides
  @Singleton
  ThpPolicy thpPolicy(ThpSysfs sysfs) {
    return new ThpPolicy(sysfs);
  }

  @Provides
  @Singleton
  HugeZeroFolio hugeZeroFolio(Folios folios) {
    return new HugeZeroFolio(folios);
  }

  @Provides
  @Singleton
  HugeFaults hugeFaults(
      Folios folios,
      AnonVmas anonVmas,
      AnonRmap rmap,
      SplitHugePmd splitHugePmd,
      ThpSysfs sysfs,
      HugeZeroFolio hugeZero) {
    return new HugeFaults(folios, anonVmas, rmap, splitHugePmd, sysfs, hugeZero);
  }

  @Provides
  @Singleton
  Machine.Thp thp(ThpSysfs sysfs, HugeZeroFolio hugeZero, DeferredSplitScan deferredSplit) {
    return new Machine.Thp(sysfs, hugeZero, deferredSplit);
  }

  @Provides
  @Singleton
  MovePageTables movePageTables(SplitHugePmd splitHugePmd) {
    return new MovePageTables(splitHugePmd);
  }

  @Provides
  @Singleton
  PartOfLarge partOfLarge(Folios folios, SplitFolio splitFolio) {
    return new PartOfLarge(folios, splitFolio);
  }

  @Provides
  @Singleton
  MlockPages mlockPages(
      Folios folios, NormalPage normalPage, PageWalk pageWalk, PartOfLarge partOfLarge) {
    return new MlockPages(folios, normalPage, pageWalk, partOfLarge);
  }

  @Provides
  @Singleton
  CollapseHugePage collapseHugePage(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      SwapDevice swap,
      KsmZeroPages zeroPages,
      ThpPolicy policy,
      HugeFaults huge,
      FaultHandler faults) {
    return new CollapseHugePage(folios, normalPage, rmap, swap, zeroPages, policy, huge, faults);
  }

  @Provides
  @Singleton
  Madvise.Pages advice(
      Sched sched,
      Folios folios,
      NormalPage normalPage,
      SwapDevice swap,
      SwapTypes types,
      PageWalk pageWalk,
      PartOfLarge partOfLarge,
      Reclaim reclaim,
      ThpPolicy policy,
      CollapseHugePage collapse) {
    return new Madvise.Pages(
        new MadviseFree(folios, normalPage, swap, types, pageWalk, partOfLarge),
        new MadviseColdPageout(folios, normalPage, pageWalk, partOfLarge, reclaim),
        new MadviseCollapse(sched, folios, normalPage, policy, collapse));
  }

  @Provides
  @Singleton
  CopyPageRange copyPageRange(
      Folios folios,
      NormalPage normalPage,
      AnonRmap rmap,
      SwapDevice swap,
      Mmlist mmlist,
      SwapTypes types,
      SplitHugePmd splitHugePmd,
      HugeZeroFolio hugeZero) {
    CopyHugePmd huge = new CopyHugePmd(folios, rmap, splitHugePmd, hugeZero);
    return new CopyPageRange(folios, normalPage, rmap, swap, mmlist, types, huge);
  }
}
