// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A progress bar on standard error, where that is a terminal, for what takes longer than a second.
 */
public final class Progress implements AutoCloseable {
  /** Set by the launcher, which can ask the terminal. */
  private static final String TERMINAL = "samepage.stderr.terminal";

  private static final long PATIENCE_NANOS = 1_000_000_000;
  private static final int WIDTH = 100;

  private final boolean terminal = Boolean.getBoolean(TERMINAL);
  private final long started = System.nanoTime();
  private @Nullable ProgressBar bar;

  /** Shows how far a task has come. */
  public void show(String task, long done, long total) {
    if (!terminal || System.nanoTime() - started < PATIENCE_NANOS) {
      return;
    }
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
              .setTaskName(task)
              .setInitialMax(total)
              .build();
    }
    bar.setExtraMessage(task);
    bar.maxHint(total);
    bar.stepTo(done);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
