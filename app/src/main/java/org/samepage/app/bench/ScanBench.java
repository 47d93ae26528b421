// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.work.WorkCounters;
import tools.jackson.databind.JsonNode;

/** Passes of ksmd over the pages of one process, smart scan off: what each costs and reads. */
public final class ScanBench {
  /** The first pass hashes, the second searches and merges, later ones find all settled. */
  public static final int PASSES = 4;

  /** The C program that measures the same. */
  public static final String PROGRAM = "scan_throughput";

  private static final long BASE = 0x1000_0000_0000L;
  private static final int READ_WRITE = 3;

  /** The serial collector closes all gaps in each fourth collection alone. */
  private static final int COLLECTIONS = 4;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Workbench workbench;
  private final String profile;

  /**
   * What one content showed.
   *
   * @param rows one for each pass
   * @param contentsPerPage off the heap after the last pass: contents of frames in use [bytes]
   * @param freePerPage off the heap, of contents that were merged away or never used [bytes]
   * @param heapPerPage what the machine with its process holds of the heap after the last pass:
   *     frames, page tables, items, nodes [bytes]
   */
  public record Result(
      List<ScanRow> rows, double contentsPerPage, double freePerPage, double heapPerPage) {
    public Result {
      rows = List.copyOf(rows);
    }
  }

  /** A benchmark of machines of this profile. */
  public ScanBench(Workbench workbench, String profile) {
    this.workbench = workbench;
    this.profile = profile;
  }

  /**
   * Measures all passes on a machine of their own.
   *
   * @param kernel measures the same on this machine's own kernel; null for the port alone
   */
  public Result measure(ScanContent content, long pages, @Nullable KernelProgram kernel)
      throws SyscallException {
    JsonNode said =
        kernel == null
            ? null
            : kernel.run(Long.toString(pages), content.word(), Integer.toString(PASSES));
    return passes(content, pages, said);
  }

  private Result passes(ScanContent content, long pages, @Nullable JsonNode said)
      throws SyscallException {
    ConfigSource config = new ConfigSource(profile, null, List.of("ksm.smart_scan=0"));
    long heap = usedHeap();
    try (var backend = workbench.bootPort(workbench.configs().load(config))) {
      Machine machine = backend.machine();
      populate(machine.newProcess(), content, pages);
      List<ScanRow> rows = new ArrayList<>();
      for (int pass = 1; pass <= PASSES; pass++) {
        WorkCounters before = machine.work();
        long begin = cpu();
        var _ = machine.ksm().ksmd().fullPass();
        long nanos = cpu() - begin;
        WorkCounters after = machine.work();
        rows.add(
            new ScanRow(
                content.word(),
                pages,
                pass,
                (double) nanos / pages,
                after.bytesHashed - before.bytesHashed,
                after.bytesCompared - before.bytesCompared,
                said == null
                    ? Double.NaN
                    : said.path("passes").path(pass - 1).path("cpu_ns_per_page").asDouble()));
      }
      PageContents contents = machine.memory().contents();
      long held = (long) contents.slotsInUse() * PageUnits.PAGE_BYTES;
      return new Result(
          rows,
          (double) held / pages,
          (double) (contents.reservedBytes() - held) / pages,
          (double) (usedHeap() - heap) / pages);
    }
  }

  /** CPU time of this thread, as the kernel's schedstat gives it of ksmd [ns]. */
  private static long cpu() {
    return THREADS.getCurrentThreadCpuTime();
  }

  private static long usedHeap() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static void populate(UserProcess process, ScanContent content, long pages)
      throws SyscallException {
    process.mmap(BASE, PageUnits.pagesToBytes(pages), READ_WRITE, true);
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    for (long i = 0; i < pages; i++) {
      content.fill(i, pages, page);
      process.writePage(BASE + PageUnits.pagesToBytes(i), page);
    }
    process.madvise(BASE, PageUnits.pagesToBytes(pages), Advice.MERGEABLE);
  }
}
