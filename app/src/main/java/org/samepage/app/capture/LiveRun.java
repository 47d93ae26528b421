// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.capture;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.samepage.app.output.Progress;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.Contents;
import org.samepage.capture.format.Losses;
import org.samepage.capture.live.LiveCapture;
import org.samepage.host.session.Requirements;

/** Takes the snapshots of a live capture, and says what could not be had. */
public final class LiveRun {
  private static final int SALT_BYTES = 16;

  private final CaptureVisitor out;
  private final CaptureKey key;
  private final Contents contents;
  private final PrintWriter err;
  private int whole;
  private int broken;
  private int missing;

  public LiveRun(CaptureVisitor out, CaptureKey key, Contents contents, PrintWriter err) {
    this.out = out;
    this.key = key;
    this.contents = contents;
    this.err = err;
  }

  /**
   * Takes snapshots.
   *
   * @param pids asked for anew before each
   * @param everyMillis from the start of one to the start of the next
   */
  public void take(Supplier<List<Integer>> pids, int count, long everyMillis) throws IOException {
    AtomicLong done = new AtomicLong();
    try (Progress progress = new Progress();
        LiveCapture live =
            new LiveCapture(
                out,
                key,
                KeyFile.random(SALT_BYTES),
                pages -> progress.show("capture", done.addAndGet(pages), done.get()))) {
      if (!live.seesFrames()) {
        err.println(
            "samepage: frame numbers are not told (they need CAP_SYS_ADMIN): which processes share"
                + " a page after fork is not in the capture");
      }
      out.header(
          new CaptureHeader(
              contents,
              CaptureHeader.Origin.LIVE,
              live.seesFrames(),
              key.fingerprint(),
              System.currentTimeMillis(),
              "Linux " + Requirements.kernelVersion()));
      long start = System.nanoTime();
      for (int i = 0; i < count; i++) {
        sleepUntil(start + TimeUnit.MILLISECONDS.toNanos(i * everyMillis));
        out.snapshot(i, System.nanoTime() - start);
        for (int pid : pids.get()) {
          one(live, pid);
        }
      }
    }
  }

  private static void sleepUntil(long nanos) throws IOException {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void one(LiveCapture live, int pid) throws IOException {
    Losses losses = live.process(pid);
    if (losses == null || losses.state() == Losses.State.FORBIDDEN) {
      missing++;
    } else if (losses.state() == Losses.State.WHOLE) {
      whole++;
    } else {
      broken++;
    }
    words(losses).forEach(line -> err.printf("samepage: process %d: %s%n", pid, line));
  }

  /** What could not be had, a line each. */
  static List<String> words(@Nullable Losses losses) {
    if (losses == null) {
      return List.of("there is no such process, or none with memory");
    }
    List<String> lines = new ArrayList<>();
    switch (losses.state()) {
      case WHOLE -> {}
      case FORBIDDEN ->
          lines.add("its memory may not be read (that needs the same user, or CAP_SYS_PTRACE)");
      case ENDED -> lines.add("it ended while it was read; what was read until then is kept");
      case CHANGED -> lines.add("its mappings changed while it was read");
    }
    Map<String, Long> counts = new LinkedHashMap<>();
    counts.put("%,d pages could not be read", losses.unreadable());
    counts.put("%,d pages are swapped out; they are not read", losses.swapped());
    counts.put("%,d pages are shared with others, nobody says whom", losses.unshared());
    counts.forEach((text, count) -> {
      if (count > 0) {
        lines.add(text.formatted(count));
      }
    });
    return lines;
  }

  /** Processes, in all snapshots, of which all was had. */
  public int whole() {
    return whole;
  }

  /** Processes, in all snapshots, that were not there, or might not be read. */
  public int missing() {
    return missing;
  }

  /** Processes, in all snapshots, that changed or ended meanwhile. */
  public int broken() {
    return broken;
  }
}
