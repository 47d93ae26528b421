// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

import org.jspecify.annotations.Nullable;

/**
 * A kernel under test, for one case: no process of another case is on it, and KSM's files are as
 * after boot.
 *
 * <p>Where it lacks something that Linux can have, what needs that throws {@code
 * NotSupportedYetException}, and the case is skipped.
 */
public interface TestKernel extends AutoCloseable {
  /** For what it lacks: {@code in the port}. */
  String where();

  /** As {@code uname -r} has it. */
  String release();

  /** NUMA nodes with memory. */
  int nodes();

  /** What KSM counts for each page that it scans, in its profits [bytes]. */
  long rmapItemBytes();

  /** Starts a process without mappings of its own. */
  TestProcess newProcess();

  /** What is in a file of /sys or /proc; null where there is none. */
  @Nullable String read(String path);

  /**
   * Writes a file of /sys or /proc.
   *
   * @return 0 or a negative errno
   */
  long write(String path, String text);

  /** Returns when ksmd has ended so many more passes; run is 1. */
  void awaitFullScans(int passes);

  /** Ends all processes. Throws where the kernel is not sound any more. */
  @Override
  void close();
}
