// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.pagewalk.FolioWalk;
import org.samepage.pagewalk.PageWalk;

/** Walks of one machine. A FolioWalk is a state of its own for each who injects one. */
public final class PagewalkModule extends AbstractModule {
  @Provides
  @Singleton
  PageWalk pageWalk(Sched sched, HugeSplitter splitter, KernelLog log) {
    return new PageWalk(sched, splitter, log);
  }

  @Provides
  FolioWalk folioWalk(Sched sched, NormalPage normalPage, KernelLog log, SwapTypes types) {
    return new FolioWalk(sched, normalPage, log, types);
  }
}
