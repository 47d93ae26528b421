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
  TryToUnmap tryToUnmap(
      Sched sched,
      Folios folios,
      AnonRmap rmap,
      RmapWalk walk,
      SwapDevice device,
      Mmlist mmlist,
      SwapTypes types,
      KernelLog log) {
    return new TryToUnmap(
        sched, folios, rmap, walk, new TryToUnmap.Swap(device, mmlist, types), log);
  }

  @Provides
  @Singleton
  TryToMigrate tryToMigrate(
      Sched sched, Folios folios, AnonRmap rmap, RmapWalk walk, SwapTypes types, KernelLog log) {
    return new TryToMigrate(sched, folios, rmap, walk, types, log);
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
