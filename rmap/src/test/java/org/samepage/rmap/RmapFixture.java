// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.samepage.mm.pgtable.KernelOptions;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.swap.HeapSwapStore;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.huge.SplitHugePmd;
import org.samepage.rmap.split.DeferredSplitScan;
import org.samepage.rmap.split.SplitFolio;
import org.samepage.rmap.trace.RmapTracepoints;
import org.samepage.rmap.unmap.FolioReferenced;
import org.samepage.rmap.unmap.RemoveMigrationPtes;
import org.samepage.rmap.unmap.TryToMigrate;
import org.samepage.rmap.unmap.TryToUnmap;

/**
 * The module's parts on memory without a machine; KSM's walk only writes down that it was asked.
 */
public final class RmapFixture implements AutoCloseable {
  private long now;

  public static final long BASE = 0x1000_0000_0000L;

  public final TestMemory memory = new TestMemory();
  public final Folios folios = memory.folios;

  /** What the locks of anon_vmas, and of files made with it, wait by. */
  public final Contention contention = new Contention();

  public final AnonVmas anonVmas = new AnonVmas(contention);
  public final AnonRmap rmap = new AnonRmap(folios);
  public final SplitHugePmd splitHugePmd = new SplitHugePmd(folios, rmap);
  public final FolioAnonVma folioAnonVma = new FolioAnonVma(folios, rmap, anonVmas, memory.log);
  public final List<Integer> ksmWalks = new ArrayList<>();

  /** Whose clock goes on by 7 ns each time it is looked at. */
  public final RmapTracepoints trace = new RmapTracepoints(() -> now += 7);

  public final RmapWalk walk =
      new RmapWalk(
          memory.sched,
          folios,
          rmap,
          folioAnonVma,
          (folio, rwc) -> ksmWalks.add(folio),
          memory.log,
          trace);
  public final SwapDevice swap = new SwapDevice(memory.sched, folios, new HeapSwapStore(), 16);
  public final Mmlist mmlist = new Mmlist(memory.sched);
  public final SwapTypes types = SwapTypes.REFERENCE;
  public final TryToUnmap unmap =
      new TryToUnmap(
          memory.sched,
          folios,
          rmap,
          walk,
          splitHugePmd,
          new TryToUnmap.Swap(swap, mmlist, types),
          memory.log);
  public final TryToMigrate migrate =
      new TryToMigrate(memory.sched, folios, rmap, walk, splitHugePmd, types, memory.log);
  public final RemoveMigrationPtes restore =
      new RemoveMigrationPtes(memory.sched, folios, rmap, walk, types);
  public final SplitFolio splitFolio =
      new SplitFolio(memory.sched, folios, folioAnonVma, anonVmas, migrate, restore, memory.log);
  public final DeferredSplitScan deferredSplitScan = new DeferredSplitScan(folios, splitFolio);
  public final FolioReferenced referenced = new FolioReferenced(memory.sched, folios, walk, types);

  /** A mapping of a new process, with an anon_vma. */
  public VmArea vma(long pages) {
    return vma(pages, memory.mm());
  }

  /** The same of a process of a kernel that keeps track of what was written. */
  public VmArea softDirtyVma(long pages) {
    PteLayout ptes = new PteLayout(new KernelOptions(true, false, false, false));
    return vma(pages, new Mm(memory.sched, new PgTables(memory.sched, folios), ptes));
  }

  /** The same of a process the locks of whose page tables wait by {@link #contention}. */
  public VmArea waitingVma(long pages) {
    return vma(pages, new Mm(contention, new PgTables(contention, folios)));
  }

  private VmArea vma(long pages, Mm mm) {
    VmArea vma = memory.map(mm, BASE, pages, TestMemory.RW);
    mm.mmapLock.readLock();
    anonVmas.anonVmaPrepare(vma);
    mm.mmapLock.readUnlock();
    return vma;
  }

  /** A page as a write fault leaves it. */
  public int faulted(VmArea vma, long addr) {
    int pfn = memory.populate(vma, addr);
    rmap.folioAddNewAnonRmap(pfn, vma, addr);
    vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
    return pfn;
  }

  /** A large folio by a huge entry, as a write fault leaves it. */
  public int hugeFaulted(VmArea vma, long addr) {
    int folio = folios.vmaAllocFolioNoprof(0, PageUnits.HPAGE_PMD_ORDER);
    int index = PageUnits.pmdIndex(addr);
    PgTables tables = vma.vmMm.pgTables;
    PageTable table = Objects.requireNonNull(tables.pmdAlloc(addr));
    tables.pgtableTransHugeDeposit(table, index, Objects.requireNonNull(tables.pteAllocOne()));
    tables.mmIncNrPtes();
    rmap.folioAddNewAnonRmap(folio, vma, addr);
    vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, PageUnits.HPAGE_PMD_NR);
    long word = Pmd.folioMkPmd(folio, vma.vmPageProt);
    table.set(index, Pmd.pmdMkwriteNovma(Pte.pteMkdirty(word)));
    return folio;
  }

  /** A child's VMA that shares a huge page with its parent's. */
  public VmArea hugeFork(VmArea parent, long addr) {
    VmArea child = forkVma(parent);
    PgTables tables = child.vmMm.pgTables;
    PageTable table = Objects.requireNonNull(tables.pmdAlloc(addr));
    int index = PageUnits.pmdIndex(addr);
    tables.pgtableTransHugeDeposit(table, index, Objects.requireNonNull(tables.pteAllocOne()));
    tables.mmIncNrPtes();
    long word = Pmd.pmdWrprotect(pmd(parent, addr));
    int folio = (int) Pmd.pmdPfn(word);
    folios.folioGet(folio);
    if (!rmap.folioTryDupAnonRmapPmd(folio, child, parent)) {
      throw new IllegalStateException("pinned");
    }
    pmdTable(parent, addr).set(index, word);
    table.set(index, Pmd.pmdMkold(word));
    child.vmMm.addMmCounter(Mm.MM_ANONPAGES, PageUnits.HPAGE_PMD_NR);
    return child;
  }

  /** A child's VMA that shares no page with its parent's yet. */
  public VmArea forkVma(VmArea parent) {
    Mm mm = memory.mm();
    VmArea child = parent.vmAreaDup(mm);
    anonVmas.anonVmaFork(child, parent);
    mm.vmas.insert(child);
    return child;
  }

  /** The table of PMD words of an address. */
  public static PageTable pmdTable(VmArea vma, long addr) {
    return Objects.requireNonNull(vma.vmMm.pgTables.pmdTable(addr));
  }

  /** The PMD word of an address. */
  public static long pmd(VmArea vma, long addr) {
    return pmdTable(vma, addr).getLockless(PageUnits.pmdIndex(addr));
  }

  /** A child's VMA that shares one page with its parent's. */
  public VmArea fork(VmArea parent, long addr) {
    VmArea child = forkVma(parent);
    Mm mm = child.vmMm;
    long pte = Pte.pteWrprotect(pte(parent, addr));
    int pfn = (int) Pte.ptePfn(pte);
    folios.folioGet(pfn);
    if (!rmap.folioTryDupAnonRmapPte(pfn, child, parent)) {
      throw new IllegalStateException("pinned");
    }
    memory.setEntry(parent.vmMm, addr, pte);
    memory.setEntry(mm, addr, Pte.pteMkold(pte));
    mm.addMmCounter(Mm.MM_ANONPAGES, 1);
    return child;
  }

  /** A shared mapping of a file from a page on, by a new process. */
  public VmArea fileVma(AddressSpace file, long pgoff, long pages) {
    Mm mm = memory.mm();
    long flags = TestMemory.RW | VmFlags.VM_SHARED | VmFlags.VM_MAYSHARE;
    VmArea vma = new VmArea(mm, BASE, BASE + PageUnits.pagesToBytes(pages), flags, pgoff);
    vma.vmFile = file;
    mm.vmas.insert(vma);
    FileVmas.vmaLinkFile(vma);
    return vma;
  }

  /** Maps a file's page where a VMA has it. */
  public void mapFile(VmArea vma, int pfn, long pgoff) {
    long addr = vma.vmStart + PageUnits.pagesToBytes(pgoff - vma.vmPgoff);
    folios.folioGet(pfn);
    rmap.folioAddFileRmapPtes(pfn, vma);
    memory.setEntry(vma.vmMm, addr, Pte.pfnPte(pfn, vma.vmPageProt));
    vma.vmMm.addMmCounter(Mm.MM_SHMEMPAGES, 1);
  }

  public long pte(VmArea vma, long addr) {
    PageTable table = Objects.requireNonNull(vma.vmMm.pgTables.pteTable(addr));
    return table.getLockless(PageUnits.pteIndex(addr));
  }

  /** Puts a locked folio into the swap cache. */
  public void addToSwap(int pfn) {
    if (swap.folioAllocSwap(pfn) != 0) {
      throw new IllegalStateException("swap is full");
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
