// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.samepage.mm.memory.BadPageMap;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.KernelOptions;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.time.KernelClock;
import org.samepage.mm.work.ProbeBudget;

/**
 * Physical memory, page-table words and reports of one machine. Needs a MemoryLayout,
 * KernelOptions, a Sched and a KernelClock.
 */
public final class MmCoreModule extends AbstractModule {
  private final PageContents.Form contents;

  /** Memory whose pages have all their bytes. */
  public MmCoreModule() {
    this(PageContents.Form.BYTES);
  }

  /**
   * Memory whose pages have a form.
   *
   * @param contents what is kept of a page
   */
  public MmCoreModule(PageContents.Form contents) {
    this.contents = contents;
  }

  @Provides
  @Singleton
  Frames frames(MemoryLayout layout) {
    return new Frames(layout.endPfn());
  }

  @Provides
  @Singleton
  PageContents contents() {
    return new PageContents(contents);
  }

  @Provides
  @Singleton
  PageAllocator allocator(Sched sched, Frames frames, MemoryLayout layout) {
    return new PageAllocator(sched, frames, layout);
  }

  @Provides
  @Singleton
  Folios folios(Sched sched, Frames frames, PageAllocator allocator, PageContents contents) {
    return new Folios(sched, frames, allocator, contents);
  }

  @Provides
  @Singleton
  Mmlist mmlist(Sched sched) {
    return new Mmlist(sched);
  }

  @Provides
  @Singleton
  PteLayout pteLayout(KernelOptions options) {
    return new PteLayout(options);
  }

  @Provides
  SwapTypes swapTypes(PteLayout ptes) {
    return ptes.types;
  }

  @Provides
  @Singleton
  KernelLog kernelLog() {
    return new KernelLog();
  }

  @Provides
  @Singleton
  BadPageMap badPageMap(Sched sched, KernelClock clock, KernelLog log) {
    return new BadPageMap(sched, clock, log);
  }

  @Provides
  @Singleton
  NormalPage normalPage(Frames frames, BadPageMap badPageMap) {
    return new NormalPage(frames, badPageMap);
  }

  @Provides
  @Singleton
  ProbeBudget probeBudget() {
    return new ProbeBudget();
  }
}
