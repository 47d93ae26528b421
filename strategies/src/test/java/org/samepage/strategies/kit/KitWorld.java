// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.util.Modules;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.scan.KsmScanner;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmScan;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.wiring.KsmModule;
import org.samepage.ksm.wiring.Strategies;
import org.samepage.mm.pgtable.KernelOptions;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.spi.PageHash;
import org.samepage.mm.swap.HeapSwapStore;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.time.KernelClock;
import org.samepage.mm.time.VirtualClock;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.units.SplitMix64;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.wiring.MmCoreModule;
import org.samepage.mm.work.WorkCounters;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.wiring.PagewalkModule;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.wiring.RmapModule;

/**
 * KSM on memory that the test fills by hand, without a machine: locks are checked, allocations,
 * faults and walks can be made to fail. Close it after the test; it then fails for a lock error.
 */
public final class KitWorld implements AutoCloseable {
  /** Where mappings of tests begin: at 16 TiB. */
  public static final long BASE = 0x1000_0000_0000L;

  private static final long RW =
      VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE;

  /** What the world does where the test has a say. */
  public final KitSched watch = new KitSched();

  public final LockChecker sched = new LockChecker(watch);

  /** Resolves unsharing faults; replaced by tests that want them to fail. */
  public FaultHandler faults = this::unshare;

  /** Whether the next item cannot be had. */
  public boolean noMemoryForItems;

  /** Called before each checksum. */
  public Runnable beforeHash = () -> {};

  private final Injector injector;

  private KitWorld(Class<?> scan, Class<?> unmerge, boolean walksFail) {
    AbstractModule world = new World(scan, unmerge);
    AbstractModule walks =
        new AbstractModule() {
          @Override
          protected void configure() {
            if (walksFail) {
              bind(PageWalk.class).toInstance(new FailingPageWalk(sched, new KernelLog()));
            }
          }
        };
    this.injector =
        Guice.createInjector(
            new MmCoreModule(),
            Modules.override(new PagewalkModule()).with(walks),
            new RmapModule(),
            new KsmModule(),
            world);
  }

  /** A world in which ksmd scans by a strategy. */
  public static KitWorld scanning(Class<? extends ScanStrategy> scan, boolean walksFail) {
    return new KitWorld(scan, NoUnmerge.class, walksFail);
  }

  /** A world with an unmerge strategy. */
  public static KitWorld unmerging(Class<? extends UnmergeStrategy> unmerge) {
    return new KitWorld(NoScan.class, unmerge, false);
  }

  /** Any object of the world. */
  public <T> T get(Class<T> type) {
    return injector.getInstance(type);
  }

  public Folios folios() {
    return get(Folios.class);
  }

  public WorkCounters work() {
    return sched.current().work;
  }

  public KsmScan cursor() {
    return get(KsmState.class).ksmScan;
  }

  /** An address space without mappings. */
  public Mm mm() {
    return new Mm(sched, new PgTables(sched, folios()));
  }

  /** A private anonymous mapping, with an anon_vma. */
  public VmArea map(Mm mm, long page, long pages, boolean mergeable) {
    VmArea vma = mapUntouched(mm, page, pages, mergeable);
    mm.mmapLock.writeLock();
    assertThat(get(AnonVmas.class).anonVmaPrepare(vma)).isZero();
    mm.mmapLock.writeUnlock();
    return vma;
  }

  /** As {@link #map}, of a mapping that nobody has written to. */
  public VmArea mapUntouched(Mm mm, long page, long pages, boolean mergeable) {
    long start = address(page);
    long flags = RW | (mergeable ? VmFlags.VM_MERGEABLE : 0);
    VmArea vma =
        new VmArea(
            mm, start, start + PageUnits.pagesToBytes(pages), flags, PageUnits.bytesToPages(start));
    mm.vmas.insert(vma);
    return vma;
  }

  public static long address(long page) {
    return BASE + PageUnits.pagesToBytes(page);
  }

  /** A new page of a process, filled with a byte. */
  public int populate(VmArea vma, long page, int content) {
    long addr = address(page);
    int folio = folios().vmaAllocFolioNoprof(0);
    byte[] bytes = new byte[PageUnits.PAGE_BYTES];
    Arrays.fill(bytes, (byte) content);
    folios().writePage(folio, bytes);
    get(AnonRmap.class).folioAddNewAnonRmap(folio, vma, addr);
    set(vma, page, Pte.pteMkdirty(Pte.pfnPte(folio, vma.vmPageProt)));
    return folio;
  }

  /** A huge page of a process, by one entry; {@code page} is its first, aligned. */
  public int populateHuge(VmArea vma, long page) {
    long addr = address(page);
    int folio = folios().vmaAllocFolioNoprof(0, PageUnits.HPAGE_PMD_ORDER);
    get(AnonRmap.class).folioAddNewAnonRmap(folio, vma, addr);
    Objects.requireNonNull(vma.vmMm.pgTables.pmdAlloc(addr))
        .set(PageUnits.pmdIndex(addr), Pmd.folioMkPmd(folio, vma.vmPageProt));
    return folio;
  }

  /** As {@link #populate}, of a page that is merged already. */
  public int populateMerged(VmArea vma, long page) {
    int folio = populate(vma, page, 1);
    folios().frames().setMapping(folio, FolioMapping.KSM_WITHOUT_NODE);
    return folio;
  }

  /** Takes the table of a page away, with what is in it: what the collapse of a huge page does. */
  public void takeTable(VmArea vma, long page) {
    long addr = address(page);
    PgTables tables = vma.vmMm.pgTables;
    tables.pmdpCollapseFlush(
        Objects.requireNonNull(tables.pmdTable(addr)), PageUnits.pmdIndex(addr));
  }

  /** Puts a table in the place of a huge entry, with an entry for each page of the folio. */
  public void splitHuge(VmArea vma, long page, int folio) {
    long addr = address(page);
    PgTables tables = vma.vmMm.pgTables;
    PageTable table = Objects.requireNonNull(tables.pteAllocOne());
    for (int i = 0; i < PageUnits.PTRS_PER_TABLE; i++) {
      table.set(i, Pte.pfnPte(folio + i, vma.vmPageProt));
    }
    tables.pmdPopulate(
        Objects.requireNonNull(tables.pmdTable(addr)), PageUnits.pmdIndex(addr), table);
  }

  /** Sets the word of a page. */
  public void set(VmArea vma, long page, long word) {
    long addr = address(page);
    Objects.requireNonNull(vma.vmMm.pgTables.pteAlloc(addr)).set(PageUnits.pteIndex(addr), word);
  }

  /** The word of a page. */
  public long pte(VmArea vma, long page) {
    long addr = address(page);
    return Objects.requireNonNull(vma.vmMm.pgTables.pteTable(addr))
        .getLockless(PageUnits.pteIndex(addr));
  }

  /** Puts a process on ksmd's list. */
  public void enter(Mm mm) {
    assertThat(get(KsmSlots.class).ksmEnterRaw(mm)).isZero();
  }

  /** One batch of ksmd that ends with the pass, or before. */
  public void batch() {
    KsmState state = get(KsmState.class);
    state.ksmThreadMutex.lock();
    get(KsmScanner.class).ksmDoScan(1 << 20);
    state.ksmThreadMutex.unlock();
  }

  /** The reports so far. */
  public KernelLog log() {
    return get(KernelLog.class);
  }

  /** Gives the process a page of its own, as an unsharing fault does. */
  public int unshare(VmArea vma, long addr, int flags) {
    sched.mightSleep();
    long page = PageUnits.bytesToPages(addr - BASE);
    populate(vma, page, 2);
    return 0;
  }

  @Override
  public void close() {
    get(PageContents.class).close();
    assertThat(sched.failure()).as("what the lock checker found").isNull();
  }

  /** Walks that end with an error before they have begun. */
  private static final class FailingPageWalk extends PageWalk {
    private static final int EINVAL = 22;

    FailingPageWalk(Sched sched, KernelLog log) {
      super(sched, HugeSplitter.NONE, log);
    }

    @Override
    public int walkPageRange(Mm mm, long start, long end, MmWalk walk) {
      return -EINVAL;
    }

    @Override
    public int walkPageRangeVma(VmArea vma, long start, long end, MmWalk walk) {
      return -EINVAL;
    }
  }

  private final class World extends AbstractModule {
    private final Class<?> scan;
    private final Class<?> unmerge;

    World(Class<?> scan, Class<?> unmerge) {
      this.scan = scan;
      this.unmerge = unmerge;
    }

    @Override
    protected void configure() {
      bind(MemoryLayout.class).toInstance(new MemoryLayout(1, 10_000));
      bind(KernelOptions.class).toInstance(KernelOptions.REFERENCE);
      bind(Sched.class).toInstance(sched);
      bind(HugeSplitter.class).toInstance(HugeSplitter.NONE);
      bind(KernelClock.class).toInstance(new VirtualClock());
      bind(PageHash.class).toInstance(KitWorld.this::addressHash);
      bind(FaultHandler.class)
          .toInstance((vma, address, flags) -> faults.handleMmFault(vma, address, flags));
      bind(HugeSplitter.class).toInstance(HugeSplitter.NONE);
      bind(RmapItemLayout.class).toInstance(new KitLayout());
      bind(RmapWalkStrategy.class).toInstance(new NoRmapWalk());
    }

    @Provides
    @Singleton
    SwapDevice swapDevice(Folios folios) {
      return new SwapDevice(sched, folios, new HeapSwapStore(), 0);
    }

    @Provides
    @Singleton
    Strategies strategies(Injector all, RmapWalkStrategy rmapWalk, RmapItemLayout layout) {
      return new Strategies(
          (ScanStrategy) all.getInstance(scan),
          (UnmergeStrategy) all.getInstance(unmerge),
          rmapWalk,
          layout);
    }
  }

  /** Where a page is stands for what is in it, as pages of a kit are never changed. */
  private long addressHash(long address, long length) {
    beforeHash.run();
    return SplitMix64.mix(address + length);
  }

  private final class KitLayout implements RmapItemLayout {
    private static final int BYTES = 64;

    @Override
    public int rmapItemSize() {
      return BYTES;
    }

    @Override
    public @Nullable KsmRmapItem newRmapItem(Mm mm, long addr) {
      return noMemoryForItems ? null : new KsmRmapItem(mm, addr);
    }
  }

  private static final class NoRmapWalk implements RmapWalkStrategy {
    @Override
    public long firstPgoff(KsmRmapItem item) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long lastPgoff(KsmRmapItem item) {
      throw new UnsupportedOperationException();
    }
  }

  static final class NoScan implements ScanStrategy {
    @Override
    public boolean nextPage(Mm mm, KsmScan cursor, ScanHit hit) {
      throw new UnsupportedOperationException();
    }
  }

  static final class NoUnmerge implements UnmergeStrategy {
    @Override
    public int unmergeRange(VmArea vma, long start, long end, boolean lockVma) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int breakPage(VmArea vma, long addr, boolean lockVma) {
      return 0;
    }
  }
}
