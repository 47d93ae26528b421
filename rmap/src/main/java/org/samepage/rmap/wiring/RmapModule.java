// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.SchedClock;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FolioAnonVma;
import org.samepage.rmap.KsmRmapWalk;
import org.samepage.rmap.RmapWalk;
import org.samepage.rmap.huge.SplitHugePmd;
import org.samepage.rmap.split.DeferredSplitScan;
import org.samepage.rmap.split.SplitFolio;
import org.samepage.rmap.trace.RmapTracepoints;
import org.samepage.rmap.unmap.FolioReferenced;
import org.samepage.rmap.unmap.RemoveMigrationPtes;
import org.samepage.rmap.unmap.TryToMigrate;
import org.samepage.rmap.unmap.TryToUnmap;

/** Reverse mapping of one machine. Needs mm-core, and KSM's {@link KsmRmapWalk}. */
public final class RmapModule extends AbstractModule {
  @Provides
  @Singleton
  AnonVmas anonVmas(Sched sched) {
    return new AnonVmas(sched);
  }

  @Provides
  @Singleton
  AnonRmap anonRmap(Folios folios) {
    return new AnonRmap(folios);
  }

  @Provides
  @Singleton
  RmapWalk rmapWalk(
      Sched sched,
      Folios folios,
      AnonRmap rmap,
      FolioAnonVma anonVmas,
      KsmRmapWalk ksm,
      KernelLog log,
      RmapTracepoints trace) {
    return new RmapWalk(sched, folios, rmap, anonVmas, ksm, log, trace);
  }

  @Provides
  @Singleton
  RmapTracepoints rmapTracepoints() {
    return new RmapTracepoints(SchedClock::localClock);
  }

  @Provides
  @Singleton
  FolioAnonVma folioAnonVma(Folios folios, AnonRmap rmap, AnonVmas anonVmas, KernelLog log) {
    return new FolioAnonVma(folios, rmap, anonVmas, log);
  }

  @Provides
  @Singleton
  SplitHugePmd splitHugePmd(Folios folios, AnonRmap rmap) {
    return new SplitHugePmd(folios, rmap);
  }

  @Provides
  @Singleton
  SplitFolio splitFolio(
      Sched sched,
      Folios folios,
      FolioAnonVma folioAnonVma,
      AnonVmas anonVmas,
      TryToMigrate tryToMigrate,
      RemoveMigrationPtes removeMigrationPtes,
      KernelLog log) {
    return new SplitFolio(
        sched, folios, folioAnonVma, anonVmas, tryToMigrate, removeMigrationPtes, log);
  }

  @Provides
  @Singleton
  DeferredSplitScan deferredSplitScan(Folios folios, SplitFolio splitFolio) {
    return new DeferredSplitScan(folios, splitFolio);
  }

  @Provides
  @Singleton
  TryToUnmap tryToUnmap(
      Sched sched,
      Folios folios,
      AnonRmap rmap,
      RmapWalk walk,
      SplitHugePmd splitHugePmd,
      SwapDevice device,
      Mmlist mmlist,
      SwapTypes types,
      KernelLog log) {
    return new TryToUnmap(
        sched, folios, rmap, walk, splitHugePmd, new TryToUnmap.Swap(device, mmlist, types), log);
  }

  @Provides
  @Singleton
  TryToMigrate tryToMigrate(
      Sched sched,
      Folios folios,
      AnonRmap rmap,
      RmapWalk walk,
      SplitHugePmd splitHugePmd,
      SwapTypes types,
      KernelLog log) {
    return new TryToMigrate(sched, folios, rmap, walk, splitHugePmd, types, log);
  }

  @Provides
  @Singleton
  RemoveMigrationPtes removeMigrationPtes(
      Sched sched, Folios folios, AnonRmap rmap, RmapWalk walk, SwapTypes types) {
    return new RemoveMigrationPtes(sched, folios, rmap, walk, types);
  }

  @Provides
  @Singleton
  FolioReferenced folioReferenced(Sched sched, Folios folios, RmapWalk walk, SwapTypes types) {
    return new FolioReferenced(sched, folios, walk, types);
  }
}
