// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmState;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.mm.work.WorkCounters;

/** Lets ksmd run on a machine, batch by batch, until it settles. */
final class KsmdRun {
  /** A page is merged in the second pass that sees it at the earliest; the third shows it. */
  private static final int FEWEST_PASSES = 3;

  private static final int MOST_PASSES = 200;

  /** While pages change: passes after which a saving that still moves is taken as it is. */
  private static final int MOVING_PASSES = 12;

  private static final double STILL = 0.002;

  /** Of a kernel with CONFIG_HZ=250. */
  private static final long TICK_NANOS = 4_000_000;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Machine machine;
  private final KsmState ksm;
  private final long single;
  private final Changes changes;
  private final Changes.Writer writer;
  private final Timeline timeline = new Timeline();
  private final List<Map<String, Long>> passes = new ArrayList<>();
  private double cpuNanos;
  private double nanos;
  private long batches;
  private long played;
  private double settledCpu;

  /**
   * A run on a machine.
   *
   * @param single pages whose content no other has, if all is mergeable; else -1
   * @param writer writes pages that change
   */
  KsmdRun(Machine machine, long single, Changes changes, Changes.Writer writer) {
    this.single = single;
    this.machine = machine;
    this.ksm = machine.ksm().state();
    this.changes = changes;
    this.writer = writer;
  }

  /**
   * Runs.
   *
   * @param exactly how many passes; null: until it settles
   * @param progress is told how many pages were scanned
   */
  void run(@Nullable Integer exactly, LongConsumer progress) throws SyscallException {
    var _ = machine.ksm().sysfs().store("run", "1");
    long lastPass = ksm.ksmScan.seqnr;
    timeline.add(0, 0, 0, 1);
    while (!isSettled(exactly)) {
      if (ksm.ksmMmHead.listEmpty()) {
        break;
      }
      batch();
      if (ksm.ksmScan.seqnr != lastPass) {
        lastPass = ksm.ksmScan.seqnr;
        passes.add(Figures.of(machine));
        settledCpu = cpuNanos;
        progress.accept(ksm.ksmPagesScanned);
      }
    }
  }

  private void batch() throws SyscallException {
    WorkCounters work = machine.ksm().ksmd().task().work;
    long hashed = work.bytesHashed;
    long nodes = work.treeNodes;
    long scanned = ksm.ksmPagesScanned;
    long merged = merged();
    machine.ksm().ksmd().batch(ksm.knobs.pagesToScan);
    WorkCounters did = new WorkCounters();
    did.bytesHashed = work.bytesHashed - hashed;
    did.treeNodes = work.treeNodes - nodes;
    double cpu = KsmdCost.nanos(did, ksm.ksmPagesScanned - scanned, Math.max(0, merged() - merged));
    batches++;
    timeline.add(saved(), ksm.ksmPagesScanned, (long) (nanos + cpu), passes.size() + 1);
    cpuNanos += cpu;
    double woken = afterSleep(nanos + cpu);
    machine.clock().advanceNanos((long) (woken - nanos));
    nanos = woken;
    play();
  }

  /** A kernel's sleep ends with a tick, and the one under way does not count. */
  private double afterSleep(double from) {
    long millis = Integer.toUnsignedLong(ksm.knobs.sleepMillisecs);
    if (millis == 0) {
      return from;
    }
    long ticks = Math.ceilDiv(millis * NANOS_PER_MILLI, TICK_NANOS) + 1;
    return (Math.floor(from / TICK_NANOS) + ticks) * TICK_NANOS;
  }

  private void play() throws SyscallException {
    if (changes.isEmpty()) {
      return;
    }
    while ((played + 1) * changes.intervalNanos() <= nanos) {
      changes.play(++played, writer);
    }
  }

  private long merged() {
    return ksm.ksmPagesShared + ksm.ksmPagesSharing + ksm.ksmZeroPages.get();
  }

  private long saved() {
    return ksm.ksmPagesSharing + ksm.ksmZeroPages.get();
  }

  private boolean isSettled(@Nullable Integer exactly) {
    int done = passes.size();
    if (exactly != null) {
      return done >= exactly;
    }
    if (done == FEWEST_PASSES - 1 && changes.isEmpty() && nothingLeftToMerge()) {
      return true;
    }
    if (done < FEWEST_PASSES) {
      return false;
    }
    Map<String, Long> last = passes.get(done - 1);
    Map<String, Long> before = passes.get(done - 2);
    if (changes.isEmpty()) {
      return done >= MOST_PASSES
          || (same(last, before, Figures.SHARED)
              && same(last, before, Figures.SHARING)
              && same(last, before, Figures.ZERO_PAGES));
    }
    double most = Math.max(1, of(last, Figures.SHARING));
    return nanos >= changes.lastNanos()
        && (done >= MOVING_PASSES
            || Math.abs(of(last, Figures.SHARING) - of(before, Figures.SHARING)) / most < STILL);
  }

  /** What is not merged is in the unstable tree, and has no equal. */
  private boolean nothingLeftToMerge() {
    return ksm.ksmPagesUnshared == single && ksm.ksmRmapItems == merged() + single;
  }

  private static boolean same(Map<String, Long> a, Map<String, Long> b, String name) {
    return of(a, name) == of(b, name);
  }

  private static long of(Map<String, Long> figures, String name) {
    return Objects.requireNonNull(figures.get(name), name);
  }

  Timeline timeline() {
    return timeline;
  }

  /** The figures after each pass. */
  List<Map<String, Long>> passes() {
    return passes;
  }

  /** Estimated CPU time of ksmd until it settled. */
  long cpuNanos() {
    return (long) settledCpu;
  }

  long nanos() {
    return (long) nanos;
  }

  long batches() {
    return batches;
  }
}
