// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.session.HostSession;
import org.samepage.machine.SyscallException;

/**
 * The files of KSM as a scenario sees them: what it has stored, though ksmd is stepped by other
 * values; running totals from the scenario's start on; and no time that passes.
 */
final class StoredKsm {
  private static final String RUN = "run";
  private static final String PRUNE = "stable_node_chains_prune_millisecs";
  private static final String PAGES_TO_SCAN = "pages_to_scan";
  private static final String SLEEP = "sleep_millisecs";
  private static final String LEAST_PAGES = "advisor_min_pages_to_scan";
  private static final String SCAN_TIME = "scan-time";
  private static final Pattern NUMBER = Pattern.compile("\\+?[0-9]{1,18}\\n?");
  private static final long KSM_RUN_MERGE = 1;
  private static final long KSM_RUN_UNMERGE = 2;
  private static final String NEVER = "4000000000";
  private static final String STOP = "0";

  /**
   * Counted since boot; nothing sets them back. Zero pages are among them, and so is the profit: a
   * child that did not get those of its parent is counted as if it had, for good.
   */
  private static final Set<String> TOTALS =
      Set.of("pages_scanned", "pages_skipped", "ksm_zero_pages", "general_profit");

  private final HostSession session;
  private final Map<String, Long> before = new HashMap<>();
  private final Map<String, Long> instead = new HashMap<>();

  StoredKsm(HostSession session, Map<String, String> values) {
    this.session = session;
    Set<String> names = KsmFiles.numericNames();
    TOTALS.stream()
        .filter(names::contains)
        .forEach(name -> before.put(name, KsmFiles.number(name)));
    instead.put(RUN, Long.parseLong(values.getOrDefault(RUN, STOP)));
    if (names.contains(PRUNE)) {
      settle(PRUNE);
    }
  }

  long number(String name) {
    Long stored = instead.get(name);
    return stored == null ? KsmFiles.number(name) - before.getOrDefault(name, 0L) : stored;
  }

  boolean unmergesAll(String name, String value) {
    return name.equals(RUN) && runValue(value) == KSM_RUN_UNMERGE;
  }

  /** The number that the kernel reads in this; negative where it reads none. */
  private static long runValue(String value) {
    return NUMBER.matcher(value).matches() ? Long.parseLong(value.strip()) : -1;
  }

  void store(String name, String value) throws SyscallException {
    String written = name.equals(RUN) && runValue(value) == KSM_RUN_MERGE ? STOP : value;
    int err = session.tryWrite(KsmFiles.file(name), written);
    if (err != 0) {
      throw SyscallException.ofErrno(err);
    }
    if (name.equals(RUN)) {
      instead.put(RUN, runValue(value));
    } else if (name.equals(PRUNE)) {
      settle(PRUNE);
    }
  }

  /** A time that is not 0 becomes one that is never over. */
  private void settle(String name) {
    long value = KsmFiles.number(name);
    instead.put(name, value);
    if (value != 0) {
      write(name, NEVER);
    }
  }

  /** Lets ksmd be stepped, and puts back what it is stepped by. Afterwards {@code run} reads 0. */
  void whileScanning(Runnable steps) {
    long pages = number(PAGES_TO_SCAN);
    long sleep = number(SLEEP);
    boolean advised =
        KsmFiles.writableNames().contains(KsmFiles.ADVISOR_MODE)
            && KsmFiles.advisorMode().equals(SCAN_TIME);
    if (advised) {
      write(KsmFiles.ADVISOR_MODE, "none");
    }
    steps.run();
    instead.put(RUN, 0L);
    write(SLEEP, Long.toString(sleep));
    if (advised) {
      // the advisor begins with its least number of pages
      long least = number(LEAST_PAGES);
      write(LEAST_PAGES, Long.toString(pages));
      write(KsmFiles.ADVISOR_MODE, SCAN_TIME);
      write(LEAST_PAGES, Long.toString(least));
    } else {
      write(PAGES_TO_SCAN, Long.toString(pages));
    }
  }

  private void write(String name, String value) {
    session.write(KsmFiles.file(name), value);
  }
}
