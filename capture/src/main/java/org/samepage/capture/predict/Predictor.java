// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.format.CaptureReader;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.sched.FreeRunning;

/** Predicts what KSM would do to the processes of a capture. */
public final class Predictor {
  private static final int[] PERCENT = {50, 90, 99};
  private static final int WHOLE = 100;

  /** What a page costs here: entry, frame, item, digest, and what finds it [bytes, about]. */
  private static final long BYTES_A_PAGE = 220;

  private final MachineBoot boot;

  public Predictor(MachineBoot boot) {
    this.boot = boot;
  }

  /**
   * How to predict.
   *
   * @param config the machine
   * @param scope what is mergeable
   * @param passes run so many; null: until it settles
   */
  public record Wish(MachineConfig config, MergeScope scope, @Nullable Integer passes) {}

  /** Counts a capture, reading it whole once; a fault of the file is found here. */
  public static Census census(Path file) throws IOException, CaptureException {
    Census census = new Census();
    CaptureReader.read(file, census);
    return census;
  }

  /** Bytes of heap and other memory that a prediction needs, about. */
  public static long bytesNeeded(Census census) {
    return census.pages() * BYTES_A_PAGE;
  }

  /**
   * Predicts.
   *
   * @param census of the same file
   * @param progress is told how many pages were scanned
   */
  public Prediction predict(Path file, Census census, Wish wish, LongConsumer progress)
      throws IOException, CaptureException {
    MachineConfig config = withRoom(wish.config, census.pages());
    try (Machine machine = boot.boot(config, new FreeRunning(), PageContents.Form.DIGESTS)) {
      CapturedMachine captured = new CapturedMachine(machine, census, wish.scope);
      CaptureReader.read(file, captured);
      long single = wish.scope.isAll() ? census.single() : -1;
      KsmdRun run = new KsmdRun(machine, single, captured.changes(), captured::write);
      run.run(wish.passes, progress);
      return result(machine, census, captured, run);
    } catch (SyscallException e) {
      throw new IOException("the processes cannot be run: " + e.getMessage(), e);
    }
  }

  /** A machine on which all pages have room, and as many again while they are replaced. */
  private static MachineConfig withRoom(MachineConfig config, long pages) {
    long needed = 2 * pages + (1 << 16);
    if (config.memory().pages() >= needed) {
      return config;
    }
    int nodes = config.memory().nodes();
    return new MachineConfig(
        config.profile(),
        new MemoryLayout(nodes, Math.toIntExact(needed / nodes + 1)),
        config.swapPages(),
        config.thp(),
        config.options(),
        config.strategies(),
        config.ksm(),
        config.ext(),
        config.source());
  }

  private static Prediction result(
      Machine machine, Census census, CapturedMachine captured, KsmdRun run) {
    Exposure exposure = new Exposure(machine, captured);
    exposure.count();
    List<ProcessProfit> profits = new ArrayList<>();
    for (UserProcess process : captured.processes()) {
      profits.add(
          new ProcessProfit(
              captured.origin(process),
              process.mm().ksmMergingPages,
              process.mm().ksmZeroPages.get(),
              process.mm().ksmRmapItems,
              process.ksmProcessProfit()));
    }
    return new Prediction(
        machine.config().profile(),
        machine.config().ksm(),
        Figures.of(machine),
        run.passes(),
        machine.ksm().state().ksmRmapItems,
        profits,
        milestones(run.timeline()),
        run.cpuNanos(),
        run.nanos(),
        new Prediction.Shares(
            exposure.withinProcess(),
            exposure.acrossProcesses(),
            exposure.acrossUsers(),
            exposure.longestWalk()),
        census.pages() - census.distinct(),
        captured.changes().largestStep(),
        captured.copied(),
        run.timeline());
  }

  private static List<Milestone> milestones(Timeline timeline) {
    List<Milestone> all = new ArrayList<>();
    long saved = timeline.savedPages(timeline.size() - 1);
    for (int percent : PERCENT) {
      int point = timeline.reaching((saved * percent + WHOLE - 1) / WHOLE);
      all.add(
          new Milestone(
              percent, timeline.pass(point), timeline.scanned(point), timeline.nanos(point)));
    }
    return all;
  }
}
