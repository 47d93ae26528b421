// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.control;

import static org.samepage.ksm.state.KsmKnobs.KSM_RUN_MERGE;

import org.jspecify.annotations.Nullable;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.scan.KsmScanner;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.state.KsmState;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.sched.Task;
import org.samepage.mm.time.KernelClock;

/**
 * The merging daemon as a thread of its own: scans while {@code run} is 1, sleeps in between.
 *
 * <p>It shares the scanner, the cursor and the task with {@link Ksmd}; both may be used on one
 * machine, as ksm_thread_mutex lets one of them scan at a time. Sleep is on the machine's clock.
 */
public final class KsmdThread {
  private static final long NSEC_PER_MSEC = 1_000_000;

  /** Ticks that can be added to any time in nanoseconds. */
  private static final long FOR_EVER = Long.MAX_VALUE / 2 / NSEC_PER_MSEC;

  private final KsmState state;
  private final KsmSlots slots;
  private final KsmScanner scanner;
  private final KsmHotRemove hotRemove;
  private final Sched sched;
  private final Task task;

  private volatile boolean shouldStop;
  private @Nullable Thread thread;
  private volatile @Nullable Throwable failure;

  public KsmdThread(
      KsmState state,
      KsmSlots slots,
      KsmScanner scanner,
      KsmHotRemove hotRemove,
      Sched sched,
      Ksmd ksmd) {
    this.state = state;
    this.slots = slots;
    this.scanner = scanner;
    this.hotRemove = hotRemove;
    this.sched = sched;
    this.task = ksmd.task();
  }

  /** Starts it on a thread; an error where it runs already. */
  @PortedFrom(
      value = "include/linux/kthread.h:kthread_run",
      fidelity = Fidelity.ADAPTED,
      differs = "of ksmd alone")
  public synchronized void kthreadRun() {
    if (thread != null) {
      throw new IllegalStateException("ksmd runs already");
    }
    shouldStop = false;
    thread =
        Thread.ofPlatform()
            .name("ksmd")
            .daemon()
            .uncaughtExceptionHandler((_, e) -> failure = e)
            .start(this::ksmScanThread);
  }

  /**
   * Lets it end after the batch under way, and waits for that.
   *
   * @throws IllegalStateException where it ended by an error
   */
  @PortedFrom(
      value = "kernel/kthread.c:kthread_stop",
      fidelity = Fidelity.ADAPTED,
      differs = "of ksmd alone")
  public synchronized void kthreadStop() {
    stop();
    Thread running = thread;
    thread = null;
    if (running != null) {
      try {
        running.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
    Throwable cause = failure;
    failure = null;
    if (cause != null) {
      throw new IllegalStateException("ksmd failed: " + cause.getMessage(), cause);
    }
  }

  /** Lets {@link #ksmScanThread} return, wherever it runs; does not wait for that. */
  public void stop() {
    shouldStop = true;
    state.ksmThreadWait.wakeUp();
    state.ksmIterWait.wakeUp();
    state.ksmRunWait.wakeUp();
  }

  @PortedFrom("mm/ksm.c:ksmd_should_run")
  private boolean ksmdShouldRun() {
    return (state.knobs.run & KSM_RUN_MERGE) != 0 && !slots.isEmpty();
  }

  /**
   * ksmd's loop, until {@link #stop}: for a scheduler that has threads of its own.
   *
   * <p>{@code sleep_millisecs} is looked at when a sleep begins; writing it ends the sleep.
   */
  @PortedFrom(
      value = "mm/ksm.c:ksm_scan_thread",
      fidelity = Fidelity.ADAPTED,
      differs = "no freezing, no priority; to be stopped ends a sleep between batches at once")
  public void ksmScanThread() {
    Task caller = sched.switchTo(task);
    try {
      while (!shouldStop) {
        state.ksmThreadMutex.lock();
        hotRemove.waitWhileOfflining();
        if (ksmdShouldRun()) {
          scanner.ksmDoScan(state.knobs.pagesToScan);
        }
        state.ksmThreadMutex.unlock();
        sleep();
      }
    } finally {
      sched.switchTo(caller);
    }
  }

  private void sleep() {
    if (ksmdShouldRun()) {
      int sleepMillis = state.knobs.sleepMillisecs;
      task.work.ksmdSleeps++;
      var _ =
          state.ksmIterWait.waitEventTimeout(
              () -> sleepMillis != state.knobs.sleepMillisecs || shouldStop,
              Math.min(KernelClock.msecsToJiffies(sleepMillis), FOR_EVER) * NSEC_PER_MSEC);
    } else {
      state.ksmThreadWait.waitEvent(() -> ksmdShouldRun() || shouldStop);
    }
  }
}
