// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.backend;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;
import org.samepage.mm.report.KernelReport;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Content;

/** A kernel, and the processes of one scenario on it. Used by one thread. */
public interface Backend extends AutoCloseable {
  /** {@code port} or {@code host}, as documents name it. */
  String name();

  /** The profile that it runs under; null where nobody chose one. */
  @Nullable String profile();

  /**
   * Makes sure that the machine is as a scenario wants it, by the keys of {@code machine.*}.
   *
   * @throws RuntimeException where it is another one, in the backend's own way
   */
  void requireMachine(List<Action.Setting> settings);

  /** Starts a process with an empty arena. */
  BackendProcess startProcess(String name);

  /** An in-memory file that mappings can name. */
  void makeFile(String name, long size, Content content);

  /** The files of /sys/kernel/mm/ksm that hold a number. */
  Set<String> ksmNames();

  /** Those that can be written, {@code advisor_mode} too. */
  Set<String> writableKsmNames();

  /** The number in one of {@link #ksmNames}. */
  long ksm(String name);

  /** Writes one of {@link #writableKsmNames}. */
  void ksmStore(String name, String value) throws SyscallException;

  /** Exactly so many full passes; less where no process is registered any more. */
  void scanPasses(long passes);

  /** Exactly one batch of so many pages, or less up to the end of the pass. */
  void scanPages(long pages);

  /** Says which line is carried out now: {@code FILE:LINE}. */
  void at(String where);

  /** Work counters by name; empty where nobody counts. */
  Map<String, Long> work();

  /** What the kernel reported about itself. */
  List<KernelReport> reports();

  @Override
  void close();
}
