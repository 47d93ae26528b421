// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Keeper;
import org.samepage.mm.errno.Errno;

/**
 * Steps the kernel's ksmd by exact batches.
 *
 * <p>ksmd makes one batch of {@code pages_to_scan} pages, sleeps {@code sleep_millisecs}, and is
 * woken from that by a write of another value to it. So with a sleep that never ends, each such
 * write is one batch; and a batch is over when ksmd is asleep again in its own main function, which
 * {@code wchan} tells of a thread that is really off the CPU.
 */
public final class KsmdStepper {
  private static final String MAIN_FUNCTION = "ksm_scan_thread";
  private static final String WHOLE_PASS = "4294967295";
  private static final long FOREVER_MILLIS = 4_000_000_000L;
  private static final long SHORTEST_NAP_NANOS = 20_000;
  private static final long LONGEST_NAP_NANOS = 5_000_000;

  private final Keeper keeper;
  private final Path wchan;
  private boolean toggle;

  /** A stepper whose writes a keeper makes. */
  public KsmdStepper(Keeper keeper, long ksmd) {
    this.keeper = keeper;
    this.wchan = ProcFiles.of(ksmd, "wchan");
  }

  /**
   * The process id of ksmd.
   *
   * @throws SurroundingsException where it is not to be seen
   */
  public static long findKsmd() {
    return KernelThread.find("ksmd");
  }

  /** Stops ksmd, and waits until it sleeps for {@code run} to change. */
  public void park() {
    store("run", "0");
    wake();
  }

  /** Makes full passes; ends early where no process is registered with KSM. */
  public void passes(long passes) {
    store("pages_to_scan", WHOLE_PASS);
    for (long done = 0; done < passes; done++) {
      long before = KsmFiles.number("full_scans");
      batch(done == 0);
      if (KsmFiles.number("full_scans") == before) {
        break;
      }
    }
    park();
  }

  /** The same page by page, with the LRU batches emptied before each. */
  public void passesByPage(long passes) {
    store("pages_to_scan", "1");
    for (long done = 0; done < passes; done++) {
      long before = KsmFiles.number("full_scans");
      boolean moved = true;
      while (moved && KsmFiles.number("full_scans") == before) {
        moved = page();
      }
      if (!moved) {
        break;
      }
    }
    park();
  }

  /** Makes one batch. */
  public void pages(long pages) {
    store("pages_to_scan", Long.toString(pages));
    batch(true);
    park();
  }

  /** The same page by page, with the LRU batches emptied before each. */
  public void pagesByPage(long pages) {
    store("pages_to_scan", "1");
    long before = KsmFiles.number("full_scans");
    for (long done = 0; done < pages && KsmFiles.number("full_scans") == before; done++) {
      if (!page()) {
        break;
      }
    }
    park();
  }

  /** Lets ksmd look at one page, or find the end of the pass; false where it did neither. */
  private boolean page() {
    keeper.drain();
    long scanned = KsmFiles.number("pages_scanned");
    long passes = KsmFiles.number("full_scans");
    batch(true);
    return KsmFiles.number("pages_scanned") != scanned || KsmFiles.number("full_scans") != passes;
  }

  private void batch(boolean first) {
    if (first) {
      store("sleep_millisecs", nextSleep());
      store("run", "1");
      awaitSleep();
    } else {
      wake();
    }
  }

  private void wake() {
    store("sleep_millisecs", nextSleep());
    awaitSleep();
  }

  private String nextSleep() {
    toggle = !toggle;
    return Long.toString(FOREVER_MILLIS + (toggle ? 1 : 0));
  }

  private void awaitSleep() {
    long nap = SHORTEST_NAP_NANOS;
    while (!MAIN_FUNCTION.equals(ProcFiles.readIfThere(wchan))) {
      keeper.demandAlive();
      LockSupport.parkNanos(nap);
      nap = Math.min(nap * 2, LONGEST_NAP_NANOS);
    }
  }

  private void store(String name, String value) {
    int err = keeper.write(KsmFiles.file(name), value);
    if (err != 0) {
      throw new SurroundingsException(
          "%s cannot be written to %s: %s".formatted(value, KsmFiles.file(name), Errno.name(err)));
    }
  }
}
