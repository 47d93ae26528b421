// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.rmap.trace.RmapWalkWork;

/**
 * The benchmark of "[PATCH v4 0/5] KSM: Optimizations for rmap_walk_ksm" (tools/testing/rmap), its
 * layout and its steps: equal pages, a VMA for each by mprotect of every second one, move_pages of
 * one page to the other node, and the durations in the trace event.
 */
public final class PostedBenchmark {
  /** As posted. */
  public static final int PAGES = 20_000;

  private static final String ON_TWO_NODES = "machine.nodes=2";
  private static final int RW = 3;
  private static final int PROT_READ = 1;
  private static final byte PATTERN = (byte) 0xaa;
  private static final int PASSES = 2;

  private final Workbench workbench;
  private final RmapWalkBench strategies;
  private final int pages;

  /** The benchmark with so many pages. */
  public PostedBenchmark(Workbench workbench, RmapWalkBench strategies, int pages) {
    this.workbench = workbench;
    this.strategies = strategies;
    this.pages = pages;
  }

  /** Its three parts, under one strategy. */
  public List<PostedRow> rows(String strategy) throws SyscallException {
    List<PostedRow> rows = new ArrayList<>();
    for (String type : List.of("ksm", "anon", "file")) {
      rows.add(row(strategy, type));
    }
    return rows;
  }

  /** One kind of page. */
  PostedRow row(String strategy, String type) throws SyscallException {
    try (var backend = workbench.bootPort(strategies.config(strategy, ON_TWO_NODES))) {
      Machine machine = backend.machine();
      UserProcess process = machine.newProcess();
      long bytes = PageUnits.pagesToBytes(pages);
      boolean shared = type.equals("file");
      @Nullable AddressSpace file = shared ? machine.newFile(bytes) : null;
      process.mmap(new Mmap.Request(WalkLayout.BASE, bytes, RW, shared, false, false, file, 0));
      byte[] page = new byte[PageUnits.PAGE_BYTES];
      Arrays.fill(page, PATTERN);
      for (int i = 0; i < pages; i++) {
        process.writePage(address(i), page);
      }
      if (type.equals("ksm")) {
        process.madvise(WalkLayout.BASE, bytes, Advice.MERGEABLE);
      }
      for (int i = 0; i < pages; i += 2) {
        process.mprotect(address(i), PageUnits.PAGE_SIZE, PROT_READ);
      }
      for (int i = 0; i < PASSES; i++) {
        machine.ksm().ksmd().fullPass();
      }
      return measure(machine, process, strategy, type);
    }
  }

  private static PostedRow measure(
      Machine machine, UserProcess process, String strategy, String type) throws SyscallException {
    WalkProbe probe = new WalkProbe(type);
    machine.rmapTracepoints().tracepointProbeRegister(probe);
    int[] status = new int[1];
    var _ =
        process.movePages(
            new long[] {address(1)}, new int[] {1}, status, MovePages.MPOL_MF_MOVE_ALL);
    machine.rmapTracepoints().tracepointProbeUnregister(probe);
    List<Long> durations = probe.durations();
    return new PostedRow(
        strategy,
        type,
        probe.works().stream().mapToLong(RmapWalkWork::iterations).max().orElse(0),
        durations.stream().mapToLong(Long::longValue).max().orElse(0),
        (long) durations.stream().mapToLong(Long::longValue).average().orElse(0),
        durations.size());
  }

  private static long address(int page) {
    return WalkLayout.BASE + PageUnits.pagesToBytes(page);
  }
}
