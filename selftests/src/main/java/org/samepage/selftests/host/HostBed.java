// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.host;

import java.util.Map;
import org.samepage.host.session.HostSession;
import org.samepage.selftests.run.Bed;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.sys.TestKernel;

/** The one real kernel, tidied up for each case. */
public final class HostBed implements Bed {
  private final HostSession session;
  private final Map<String, String> ksm;

  /**
   * A bed.
   *
   * @param ksm what KSM's files hold at the start of a case, by name
   */
  public HostBed(HostSession session, Map<String, String> ksm) {
    this.session = session;
    this.ksm = Map.copyOf(ksm);
  }

  @Override
  public TestKernel fresh(Selftest.Wants wants) {
    session.clear();
    session.refuseForeignUsers();
    session.begin(ksm);
    return new HostKernel(session, wants.swap());
  }
}
