// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.trace;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.trace.KsmTrace;
import org.samepage.mm.vma.Mm;

/** Commits KSM's trace points to whatever Flight Recorder recording asks for them. */
public final class JfrKsmTrace implements KsmTrace {
  /** Not before Flight Recorder is in use: until then no event type of ours is made known to it. */
  @Override
  public boolean isEnabled() {
    return FlightRecorder.isInitialized();
  }

  @Override
  public void ksmStartScan(int seq, int rmapEntries) {
    KsmEvents.KsmStartScan event = new KsmEvents.KsmStartScan();
    if (event.isEnabled()) {
      event.seq = seq;
      event.rmapEntries = rmapEntries;
      event.commit();
    }
  }

  @Override
  public void ksmStopScan(int seq, int rmapEntries) {
    KsmEvents.KsmStopScan event = new KsmEvents.KsmStopScan();
    if (event.isEnabled()) {
      event.seq = seq;
      event.rmapEntries = rmapEntries;
      event.commit();
    }
  }

  @Override
  public void ksmEnter(Mm mm) {
    KsmEvents.KsmEnter event = new KsmEvents.KsmEnter();
    if (event.isEnabled()) {
      event.mm = id(mm);
      event.commit();
    }
  }

  @Override
  public void ksmExit(Mm mm) {
    KsmEvents.KsmExit event = new KsmEvents.KsmExit();
    if (event.isEnabled()) {
      event.mm = id(mm);
      event.commit();
    }
  }

  @Override
  public void ksmMergeOnePage(long pfn, KsmRmapItem rmapItem, Mm mm, int err) {
    KsmEvents.KsmMergeOnePage event = new KsmEvents.KsmMergeOnePage();
    if (event.isEnabled()) {
      event.pfn = pfn;
      event.rmapItem = id(rmapItem);
      event.mm = id(mm);
      event.err = err;
      event.commit();
    }
  }

  @Override
  public void ksmMergeWithKsmPage(int ksmPage, long pfn, KsmRmapItem rmapItem, Mm mm, int err) {
    KsmEvents.KsmMergeWithKsmPage event = new KsmEvents.KsmMergeWithKsmPage();
    if (event.isEnabled()) {
      event.ksmPage = ksmPage;
      event.pfn = pfn;
      event.rmapItem = id(rmapItem);
      event.mm = id(mm);
      event.err = err;
      event.commit();
    }
  }

  @Override
  public void ksmRemoveKsmPage(long pfn) {
    KsmEvents.KsmRemoveKsmPage event = new KsmEvents.KsmRemoveKsmPage();
    if (event.isEnabled()) {
      event.pfn = pfn;
      event.commit();
    }
  }

  @Override
  public void ksmRemoveRmapItem(long pfn, KsmRmapItem rmapItem, Mm mm) {
    KsmEvents.KsmRemoveRmapItem event = new KsmEvents.KsmRemoveRmapItem();
    if (event.isEnabled()) {
      event.pfn = pfn;
      event.rmapItem = id(rmapItem);
      event.mm = id(mm);
      event.commit();
    }
  }

  @Override
  public void ksmAdvisor(long scanTime, long pagesToScan, int cpuPercent) {
    KsmEvents.KsmAdvisor event = new KsmEvents.KsmAdvisor();
    if (event.isEnabled()) {
      event.scanTime = scanTime;
      event.pagesToScan = pagesToScan;
      event.cpuPercent = cpuPercent;
      event.commit();
    }
  }

  private static long id(@Nullable Object object) {
    return System.identityHashCode(object);
  }
}
