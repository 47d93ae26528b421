// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.mm.sched.SchedClock;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.work.ProbeLimitException;
import org.samepage.mm.work.WorkCounters;

/** Everything that unmerges a range of 32 TiB with one page in it, by each unmerge strategy. */
public final class UnmergeBench {
  private static final String POINT = "unmerge";
  private static final String PROFILE = "linux-6.18";
  private static final long BYTES = 32L << 40;
  private static final long HERE = 0x1000_0000_0000L;
  private static final long THERE = 0x4000_0000_0000L;
  private static final int READ_WRITE = 3;

  private final Workbench workbench;
  private final int calls;
  private final long probeLimit;

  /**
   * A benchmark of a workbench's strategies.
   *
   * @param calls how often each call is made, the first one included
   * @param probeLimit addresses that one call may probe
   */
  public UnmergeBench(Workbench workbench, int calls, long probeLimit) {
    this.workbench = workbench;
    this.calls = calls;
    this.probeLimit = probeLimit;
  }

  /** What a process can do to have its pages unmerged, and how it makes them mergeable again. */
  private enum Call {
    MADVISE {
      @Override
      long unmerge(UserProcess process, long at) throws SyscallException {
        process.madvise(at, BYTES, Advice.UNMERGEABLE);
        return at;
      }
    },

    /** Moving the tables is a part of it. */
    MREMAP {
      @Override
      long unmerge(UserProcess process, long at) throws SyscallException {
        long to = at == HERE ? THERE : HERE;
        int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
        process.mremap(at, BYTES, BYTES, flags, to);
        return to;
      }
    },

    PRCTL {
      @Override
      void prepare(UserProcess process, long at) throws SyscallException {
        process.prctlMemoryMerge(1);
      }

      @Override
      long unmerge(UserProcess process, long at) throws SyscallException {
        process.prctlMemoryMerge(0);
        return at;
      }
    };

    void prepare(UserProcess process, long at) throws SyscallException {
      process.madvise(at, BYTES, Advice.MERGEABLE);
    }

    /** Returns where the range is now. */
    abstract long unmerge(UserProcess process, long at) throws SyscallException;
  }

  /** All rows. */
  public List<UnmergeRow> rows() throws SyscallException {
    List<UnmergeRow> rows = new ArrayList<>();
    for (String strategy :
        Objects.requireNonNull(workbench.catalogue().byPoint().get(POINT)).keySet()) {
      for (Call call : Call.values()) {
        rows.add(row(strategy, call));
      }
    }
    return rows;
  }

  private UnmergeRow row(String strategy, Call call) throws SyscallException {
    ConfigSource config =
        new ConfigSource(PROFILE, null, List.of("strategy." + POINT + "=" + strategy));
    try (var backend = workbench.bootPort(workbench.configs().load(config))) {
      Machine machine = backend.machine();
      UserProcess process = machine.newProcess();
      process.mmap(HERE, BYTES, READ_WRITE, true);
      process.writePage(HERE + BYTES / 8, new byte[PageUnits.PAGE_BYTES]);
      machine.probeBudget().limit(probeLimit);
      return measure(machine, process, strategy, call);
    }
  }

  private UnmergeRow measure(Machine machine, UserProcess process, String strategy, Call call)
      throws SyscallException {
    long[] nanos = new long[calls];
    long at = HERE;
    WorkCounters before = machine.work();
    WorkCounters after = before;
    @Nullable Long needed = null;
    for (int i = 0; i < calls && needed == null; i++) {
      call.prepare(process, at);
      before = machine.work();
      long begin = SchedClock.localClock();
      try {
        at = call.unmerge(process, at);
      } catch (ProbeLimitException e) {
        needed = e.needed();
      }
      nanos[i] = SchedClock.localClock() - begin;
      after = machine.work();
    }
    long first = nanos[0];
    Arrays.sort(nanos, 1, calls);
    return new UnmergeRow(
        call.name().toLowerCase(Locale.ROOT),
        strategy,
        after.entries() - before.entries(),
        after.pageWalks - before.pageWalks,
        after.addressesProbed - before.addressesProbed,
        needed,
        first,
        needed == null ? nanos[(calls + 1) / 2] : null);
  }
}
