// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.samepage.app.workbench.Workbench;
import org.samepage.ksm.wiring.Offer;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.sched.SchedClock;
import org.samepage.mm.units.PageUnits;
import org.samepage.rmap.trace.RmapWalkWork;

/** Walks over the mappings of a merged page, under each rmap-walk strategy. */
public final class RmapWalkBench {
  private static final String POINT = "rmap-walk";
  private static final String BASE_PROFILE = "linux-6.18";

  private final Workbench workbench;
  private final long nanosEach;

  /**
   * A benchmark of a workbench's strategies.
   *
   * @param nanosEach how long each walk is repeated, once to warm up and once to measure [ns]; 0:
   *     not at all, for who wants the counts alone
   */
  public RmapWalkBench(Workbench workbench, long nanosEach) {
    this.workbench = workbench;
    this.nanosEach = nanosEach;
  }

  /** The strategies that there are. */
  public List<String> strategies() {
    return List.copyOf(Objects.requireNonNull(workbench.catalogue().byPoint().get(POINT)).keySet());
  }

  /** 6.18 with this rmap walk, and with the first of what it says it needs. */
  MachineConfig config(String strategy, String... settings) {
    Map<String, Offer<?>> known =
        Objects.requireNonNull(workbench.catalogue().byPoint().get(POINT));
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("strategy." + POINT + "=" + strategy);
    for (String need : Objects.requireNonNull(known.get(strategy)).spec().needs()) {
      all.add("strategy." + need.split("\\|", 2)[0]);
    }
    return workbench.configs().load(new ConfigSource(BASE_PROFILE, null, all));
  }

  /** One row: its times by a walk that finds and leaves, its counts by try_to_unmap itself. */
  public RmapWalkRow row(WalkLayout layout, String strategy, WalkLayout.Size size)
      throws SyscallException {
    int swap = Math.addExact(size.sharers(), 64);
    try (var backend = workbench.bootPort(config(strategy, "machine.swap=" + swap))) {
      Machine machine = backend.machine();
      UserProcess process = layout.build(machine, size);
      long addr = layout.address();
      int folio = folioAt(process, addr);
      long nanos = nanosEach == 0 ? 0 : time(machine, folio);
      RmapWalkWork work = unmap(machine, process, addr);
      return new RmapWalkRow(
          layout.name(),
          strategy,
          work.maxIterations(),
          work.maxOutOfRange(),
          work.maxMmMismatch(),
          work.ptesFound(),
          work.secondPasses(),
          work.iterations(),
          nanos);
    }
  }

  private static int folioAt(UserProcess process, long addr) {
    var table = Objects.requireNonNull(process.mm().pgTables.pteTable(addr));
    return (int) Pte.ptePfn(table.getLockless(PageUnits.pteIndex(addr)));
  }

  /** Swaps the page out, and looks at the walk that this needs; it may fail to find all. */
  private static RmapWalkWork unmap(Machine machine, UserProcess process, long addr) {
    WalkProbe probe = new WalkProbe("ksm");
    machine.rmapTracepoints().tracepointProbeRegister(probe);
    try {
      process.swapOut(addr, PageUnits.PAGE_SIZE);
    } catch (SyscallException e) {
      // EBUSY where a strategy misses entries: its row says how many
    } finally {
      machine.rmapTracepoints().tracepointProbeUnregister(probe);
    }
    if (probe.works().size() != 1) {
      throw new IllegalStateException(probe.works().size() + " walks, not 1");
    }
    return probe.works().getFirst();
  }

  private long time(Machine machine, int folio) {
    var _ = median(machine, folio);
    return median(machine, folio);
  }

  private long median(Machine machine, int folio) {
    Folios folios = machine.memory().folios();
    int mapped = folios.folioMapcount(folio);
    long[] nanos = new long[16];
    int n = 0;
    long end = SchedClock.localClock() + nanosEach;
    for (long begin = SchedClock.localClock(); begin < end || n == 0; ) {
      FindAll walk = new FindAll(folios, mapped);
      folios.folioLock(folio);
      machine.ksm().rmapWalk().rmapWalkKsm(folio, walk);
      folios.folioUnlock(folio);
      long now = SchedClock.localClock();
      nanos = n == nanos.length ? Arrays.copyOf(nanos, 2 * n) : nanos;
      nanos[n++] = now - begin;
      begin = now;
    }
    Arrays.sort(nanos, 0, n);
    return nanos[n / 2];
  }
}
