// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c.
package org.samepage.rmap;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.trace.RmapTracepoints;
import org.samepage.rmap.trace.RmapWalkWork;

/** Visits all VMAs that may map a folio. */
public final class RmapWalk {
  private final Sched sched;
  private final Folios folios;
  private final AnonRmap rmap;
  private final FolioAnonVma anonVmas;
  private final KsmRmapWalk ksm;
  private final KernelLog log;
  private final RmapTracepoints trace;

  public RmapWalk(
      Sched sched,
      Folios folios,
      AnonRmap rmap,
      FolioAnonVma anonVmas,
      KsmRmapWalk ksm,
      KernelLog log,
      RmapTracepoints trace) {
    this.sched = sched;
    this.folios = folios;
    this.rmap = rmap;
    this.anonVmas = anonVmas;
    this.ksm = ksm;
    this.log = log;
    this.trace = trace;
  }

  /**
   * Visits the VMAs of a folio; takes the locks of what it belongs to.
   *
   * @param folio locked
   */
  @PortedFrom(
      value = "mm/rmap.c:rmap_walk",
      fidelity = Fidelity.ADAPTED,
      differs = "the posted trace point, which no release has")
  public void rmapWalk(int folio, RmapWalkControl rwc) {
    if (trace.enabled()) {
      traced(folio, rwc, false);
    } else {
      walk(folio, rwc);
    }
  }

  private void walk(int folio, RmapWalkControl rwc) {
    if (folios.folioTestKsm(folio)) {
      ksm.rmapWalkKsm(folio, rwc);
    } else if (folios.folioTestAnon(folio)) {
      rmapWalkAnon(folio, rwc, false);
    } else {
      rmapWalkFile(folio, rwc, false);
    }
  }

  /** As {@link #rmapWalk}; the caller holds those locks, which KSM's walk has no use for. */
  @PortedFrom(
      value = "mm/rmap.c:rmap_walk_locked",
      fidelity = Fidelity.ADAPTED,
      differs = "the posted trace point, which no release has")
  public void rmapWalkLocked(int folio, RmapWalkControl rwc) {
    if (trace.enabled()) {
      traced(folio, rwc, true);
    } else {
      walkLocked(folio, rwc);
    }
  }

  private void walkLocked(int folio, RmapWalkControl rwc) {
    log.bugOn(folios.folioTestKsm(folio), "rmap_walk_locked: a KSM folio");
    if (folios.folioTestAnon(folio)) {
      rmapWalkAnon(folio, rwc, true);
    } else {
      rmapWalkFile(folio, rwc, true);
    }
  }

  /** A walk, and its two events. What the folio is, the events say as it was before. */
  private void traced(int folio, RmapWalkControl rwc, boolean locked) {
    WorkCounters work = sched.current().work;
    long iterations = work.rmapIterations;
    long found = work.ptesFound;
    long passes = work.rmapSecondPasses;
    String type = pageType(folio);
    long begin = trace.now();
    if (locked) {
      walkLocked(folio, rwc);
    } else {
      walk(folio, rwc);
    }
    long nanos = trace.now() - begin;
    RmapWalkWork done =
        new RmapWalkWork(
            folio,
            work.rmapIterations - iterations,
            rwc.maxIterations(),
            rwc.maxOutOfRange(),
            rwc.maxMmMismatch(),
            work.ptesFound - found,
            work.rmapSecondPasses - passes);
    trace.emit(probe -> {
      probe.rmapWalk(folio, rwc, nanos, type, locked);
      probe.rmapWalkWork(done);
    });
  }

  private String pageType(int folio) {
    if (folios.folioTestKsm(folio)) {
      return "ksm";
    }
    return folios.folioTestAnon(folio) ? "anon" : "file";
  }

  @PortedFrom("mm/rmap.c:rmap_walk_anon_lock")
  private @Nullable AnonVma rmapWalkAnonLock(int folio, RmapWalkControl rwc) {
    if (rwc.anonLock) {
      return anonVmas.folioLockAnonVmaRead(folio, rwc);
    }
    // the folio need not be mapped here: who walks like this has a reference to the anon_vma
    AnonVma anonVma = rmap.folioAnonVma(folio);
    if (anonVma == null || anonVma.root.rwsem.readTryLock()) {
      return anonVma;
    }
    if (rwc.tryLock) {
      rwc.contended = true;
      return null;
    }
    anonVma.root.rwsem.readLock();
    return anonVma;
  }

  @PortedFrom(value = "mm/rmap.c:rmap_walk_anon", fidelity = Fidelity.ADAPTED, differs = "counts")
  private void rmapWalkAnon(int folio, RmapWalkControl rwc, boolean locked) {
    log.bugOn(!folios.folioTestLocked(folio), "rmap_walk_anon: folio is not locked");
    WorkCounters work = sched.current().work;
    work.rmapWalks++;
    AnonVma anonVma = locked ? rmap.folioAnonVma(folio) : rmapWalkAnonLock(folio, rwc);
    log.bugOn(locked && anonVma == null, "rmap_walk_anon: no anon_vma");
    if (anonVma == null) {
      return;
    }
    long before = work.rmapIterations;
    long first = folios.frames().index(folio);
    long last = first + folios.folioNrPages(folio) - 1;
    AnonVmaChain avc =
        AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(anonVma.rbRoot, first, last, work);
    while (avc != null && visit(folio, avc.vma, first, rwc, work)) {
      avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, first, last, work);
    }
    rwc.loopDone(work.rmapIterations - before, 0, 0);
    if (!locked) {
      anonVma.root.rwsem.readUnlock();
    }
  }

  @PortedFrom(
      value = {"mm/rmap.c:rmap_walk_file", "mm/rmap.c:__rmap_walk_file"},
      fidelity = Fidelity.ADAPTED,
      differs = "counts")
  private void rmapWalkFile(int folio, RmapWalkControl rwc, boolean locked) {
    log.bugOn(!folios.folioTestLocked(folio), "rmap_walk_file: folio is not locked");
    WorkCounters work = sched.current().work;
    work.rmapWalks++;
    if (!(folios.folioRawMapping(folio) instanceof AddressSpace mapping)) {
      return;
    }
    if (!locked && !mapping.iMmapRwsem.readTryLock()) {
      if (rwc.tryLock) {
        rwc.contended = true;
        return;
      }
      mapping.iMmapRwsem.readLock();
    }
    long before = work.rmapIterations;
    long first = folios.frames().index(folio);
    long last = first + folios.folioNrPages(folio) - 1;
    VmArea vma = VmaIntervalTree.vmaIntervalTreeIterFirst(mapping.iMmap, first, last, work);
    while (vma != null && visit(folio, vma, first, rwc, work)) {
      vma = VmaIntervalTree.vmaIntervalTreeIterNext(vma, first, last, work);
    }
    rwc.loopDone(work.rmapIterations - before, 0, 0);
    if (!locked) {
      mapping.iMmapRwsem.readUnlock();
    }
  }

  /** One VMA that the tree returned; whether the walk goes on. */
  private boolean visit(int folio, VmArea vma, long pgoff, RmapWalkControl rwc, WorkCounters work) {
    work.rmapIterations++;
    long address = VmaAddress.vmaAddress(vma, pgoff, folios.folioNrPages(folio));
    log.bugOn(address < 0, "rmap_walk: a VMA that does not have the page");
    sched.condResched();
    if (rwc.invalidVma(vma)) {
      return true;
    }
    return rwc.rmapOne(folio, vma, address) && !rwc.done(folio);
  }
}
