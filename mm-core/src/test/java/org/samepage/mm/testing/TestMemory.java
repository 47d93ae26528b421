// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.testing;

import java.util.Objects;
import org.samepage.mm.memory.BadPageMap;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.time.VirtualClock;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Memory without a machine around it: what mm-core has, wired by hand. Close it after the test. */
public final class TestMemory implements AutoCloseable {
  /** Flags of a private anonymous mapping that can be read and written. */
  public static final long RW =
      VmFlags.VM_READ
          | VmFlags.VM_WRITE
          | VmFlags.VM_MAYREAD
          | VmFlags.VM_MAYWRITE
          | VmFlags.VM_MAYEXEC;

  public final Sched sched = new FreeRunning();
  public final MemoryLayout layout;
  public final Frames frames;
  public final PageAllocator allocator;
  public final PageContents contents = new PageContents();
  public final Folios folios;
  public final KernelLog log = new KernelLog();
  public final VirtualClock clock = new VirtualClock();
  public final NormalPage normalPage;

  public TestMemory() {
    this(new MemoryLayout(1, 10_000));
  }

  public TestMemory(MemoryLayout layout) {
    this.layout = layout;
    this.frames = new Frames(layout.endPfn());
    this.allocator = new PageAllocator(sched, frames, layout);
    this.folios = new Folios(sched, frames, allocator, contents);
    this.normalPage = new NormalPage(frames, new BadPageMap(sched, clock, log));
  }

  /** An address space without mappings. */
  public Mm mm() {
    return new Mm(sched, new PgTables(sched, folios));
  }

  /** A mapping of some pages, put into the address space. */
  public VmArea map(Mm mm, long start, long pages, long flags) {
    long end = start + PageUnits.pagesToBytes(pages);
    VmArea vma = new VmArea(mm, start, end, flags, PageUnits.bytesToPages(start));
    mm.vmas.insert(vma);
    return vma;
  }

  /** Sets the word of an address, making tables as needed. */
  public void setEntry(Mm mm, long addr, long word) {
    table(mm, addr).set(PageUnits.pteIndex(addr), word);
  }

  /** The word of an address. */
  public long entry(Mm mm, long addr) {
    return table(mm, addr).get(PageUnits.pteIndex(addr));
  }

  /** The table of an address, made if missing. */
  public PageTable table(Mm mm, long addr) {
    return Objects.requireNonNull(mm.pgTables.pteAlloc(addr), "out of frames");
  }

  /** Maps a new frame at an address, writable and dirty; without any reverse mapping. */
  public int populate(VmArea vma, long addr) {
    int pfn = folios.vmaAllocFolioNoprof(0);
    long word = Pte.pteMkwriteNovma(Pte.pteMkdirty(Pte.pfnPte(pfn, vma.vmPageProt)));
    setEntry(vma.vmMm, addr, word);
    return pfn;
  }

  @Override
  public void close() {
    contents.close();
  }
}
