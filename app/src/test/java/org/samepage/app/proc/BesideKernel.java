// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.proc;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.opentest4j.TestAbortedException;
import org.samepage.app.workbench.Workbench;
import org.samepage.host.SurroundingsException;
import org.samepage.host.session.HostSession;
import org.samepage.host.session.Requirements;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;

/** For tests that compare the port's files with this machine's; skipped where that cannot be. */
abstract class BesideKernel {
  private static final String COMPARED_WITH = "6.18.";

  static final Workbench WORKBENCH = new Workbench();
  static final MachineConfig CONFIG =
      WORKBENCH.configs().load(ConfigSource.ofProfile("linux-6.18"));
  private static final List<HostSession> SESSIONS = new ArrayList<>();

  @BeforeAll
  static void open() {
    assumeTrue(
        Requirements.kernelVersion().startsWith(COMPARED_WITH),
        "what is compared is of Linux " + COMPARED_WITH + "x");
    try {
      SESSIONS.add(HostSession.open(files -> true, false, line -> {}));
    } catch (SurroundingsException e) {
      throw new TestAbortedException(e.getMessage());
    }
  }

  @AfterAll
  static void close() {
    SESSIONS.forEach(HostSession::close);
    SESSIONS.clear();
  }

  static HostSession session() {
    return SESSIONS.getFirst();
  }
}
