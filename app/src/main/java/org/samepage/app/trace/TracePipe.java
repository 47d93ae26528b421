// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/ksm.h and include/trace/events/rmap.h.
package org.samepage.app.trace;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.trace.KsmTrace;
import org.samepage.mm.vma.Mm;
import org.samepage.rmap.trace.RmapTrace;
import org.samepage.rmap.trace.RmapWalkWork;

/**
 * Prints events as {@code /sys/kernel/tracing/trace_pipe} does: task, CPU, flags, time, event and
 * its fields in the event's own format.
 *
 * <p>A pointer is printed as {@code %p} prints it, 16 hex digits that are the same for the same
 * object: of its identity hash, or of its pfn for a folio. There is one CPU. Tasks are numbered as
 * they come.
 */
public final class TracePipe implements KsmTrace, RmapTrace {
  private final Consumer<String> lines;
  private final LongSupplier clock;
  private final Supplier<String> comm;
  private final Map<String, Integer> tasks = new LinkedHashMap<>();

  /**
   * Prints to somewhere.
   *
   * @param clock the time in the lines [ns]
   * @param comm the name of the task that is running
   */
  public TracePipe(Consumer<String> lines, LongSupplier clock, Supplier<String> comm) {
    this.lines = lines;
    this.clock = clock;
    this.comm = comm;
  }

  @SuppressWarnings(
      "AnnotateFormatMethod") // the annotation is of a library that is not ours to have
  private synchronized void line(String event, String format, @Nullable Object... fields) {
    String task = comm.get();
    int pid = tasks.computeIfAbsent(task, name -> tasks.size() + 1);
    long micros = clock.getAsLong() / 1000;
    lines.accept(
        "%16s-%-7d [000] ..... %5d.%06d: %s: %s"
            .formatted(
                task,
                pid,
                micros / 1_000_000,
                micros % 1_000_000,
                event,
                format.formatted(fields)));
  }

  private static String pointer(@Nullable Object object) {
    return "%016x".formatted(System.identityHashCode(object));
  }

  @Override
  public void ksmStartScan(int seq, int rmapEntries) {
    line("ksm_start_scan", "seq %d rmap size %d", seq, rmapEntries);
  }

  @Override
  public void ksmStopScan(int seq, int rmapEntries) {
    line("ksm_stop_scan", "seq %d rmap size %d", seq, rmapEntries);
  }

  @Override
  public void ksmEnter(Mm mm) {
    line("ksm_enter", "mm %s", pointer(mm));
  }

  @Override
  public void ksmExit(Mm mm) {
    line("ksm_exit", "mm %s", pointer(mm));
  }

  @Override
  public void ksmMergeOnePage(long pfn, KsmRmapItem rmapItem, Mm mm, int err) {
    line(
        "ksm_merge_one_page",
        "ksm pfn %d rmap_item %s mm %s error %d",
        pfn,
        pointer(rmapItem),
        pointer(mm),
        err);
  }

  @Override
  public void ksmMergeWithKsmPage(int ksmPage, long pfn, KsmRmapItem rmapItem, Mm mm, int err) {
    line(
        "ksm_merge_with_ksm_page",
        "%spfn %d rmap_item %s mm %s error %d",
        ksmPage < 0 ? "" : "ksm ",
        pfn,
        pointer(rmapItem),
        pointer(mm),
        err);
  }

  @Override
  public void ksmRemoveKsmPage(long pfn) {
    line("ksm_remove_ksm_page", "pfn %d", pfn);
  }

  @Override
  public void ksmRemoveRmapItem(long pfn, KsmRmapItem rmapItem, Mm mm) {
    line("ksm_remove_rmap_item", "pfn %d rmap_item %s mm %s", pfn, pointer(rmapItem), pointer(mm));
  }

  @Override
  public void ksmAdvisor(long scanTime, long pagesToScan, int cpuPercent) {
    line(
        "ksm_advisor",
        "ksm scan time %d pages_to_scan %d cpu percent %d",
        scanTime,
        pagesToScan,
        cpuPercent);
  }

  @Override
  public void rmapWalk(int folio, Object rwc, long durationNs, String pageType, boolean locked) {
    line(
        "rmap_walk",
        "folio=%016x rwc=%s duration_ns=%d page_type=%s locked=%s",
        folio,
        pointer(rwc),
        durationNs,
        pageType,
        locked);
  }

  /** Ours: in no kernel. */
  @Override
  public void rmapWalkWork(RmapWalkWork work) {
    line(
        "rmap_walk_work",
        "folio=%016x iterations=%d max_iterations=%d max_out_of_range=%d max_mm_mismatch=%d"
            + " ptes_found=%d second_passes=%d",
        work.folio(),
        work.iterations(),
        work.maxIterations(),
        work.maxOutOfRange(),
        work.maxMmMismatch(),
        work.ptesFound(),
        work.secondPasses());
  }
}
