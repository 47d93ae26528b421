// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.opentest4j.TestAbortedException;
import org.samepage.host.SurroundingsException;
import org.samepage.host.backend.HostBackend;
import org.samepage.host.kernel.HugePages;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.host.session.HostSession;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.run.ScenarioRunner;

/** The kernel that tests run on. */
public final class HostMachine {
  /** What the files of KSM hold after boot. */
  public static final Map<String, String> BOOT =
      Map.of(
          "run", "0",
          "pages_to_scan", "100",
          "sleep_millisecs", "20",
          "merge_across_nodes", "1",
          "use_zero_pages", "0",
          "max_page_sharing", "256",
          "smart_scan", "1",
          "stable_node_chains_prune_millisecs", "2000");

  private HostMachine() {}

  /** A session; where none can be had, the test is skipped and says why. */
  public static HostSession session() {
    return session(false, line -> {});
  }

  /** A session; where none can be had, the test is skipped and says why. */
  public static HostSession session(boolean force, Consumer<String> says) {
    demand();
    HostSession session = HostSession.open(files -> true, force, says);
    if (session == null) {
      throw new AssertionError("consent was given");
    }
    return session;
  }

  /** Runs a scenario of these lines, whose expectations must hold, on the settings of a boot. */
  public static ResultDocument run(HostSession session, String... lines) throws ScenarioException {
    try (HostBackend backend = new HostBackend(session, BOOT)) {
      ResultDocument document =
          ScenarioRunner.run(
              ScenarioParser.parse("t.scenario", String.join("\n", lines)), backend, line -> {});
      assertThat(document.failures()).isEmpty();
      return document;
    }
  }

  /** Skips the test, with the reason, where the machine has not what it takes, or is taken. */
  public static void demand() {
    try {
      var _ = HostSession.open(files -> false, false, line -> {});
    } catch (SurroundingsException e) {
      throw new TestAbortedException(e.getMessage());
    }
  }

  /** What all files that a session writes to hold now: KSM's, and khugepaged's sleep. */
  public static Map<Path, String> knobs() {
    Map<Path, String> knobs = new TreeMap<>();
    KsmFiles.writableNames().forEach(name -> knobs.put(KsmFiles.file(name), KsmFiles.value(name)));
    if (HugePages.hasKhugepaged()) {
      knobs.put(HugePages.SCAN_SLEEP, ProcFiles.read(HugePages.SCAN_SLEEP));
    }
    return knobs;
  }

  /** Processes that a keeper or one of its processes is. */
  public static List<Long> helpers() {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().command().orElse("").contains("/samepage/agent-"))
        .map(ProcessHandle::pid)
        .toList();
  }
}
