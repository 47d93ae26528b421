// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import java.util.Map;
import java.util.Set;
import org.samepage.host.kernel.KsmFiles;

/** Makes the machine's KSM as if it had just been booted, but for its running totals. */
final class ScenarioStart {
  private static final String RUN = "run";

  private ScenarioStart() {}

  static void write(HostSession session, Map<String, String> values) {
    session.clear();
    store(session, RUN, "2");
    store(session, RUN, "0");
    Set<String> writable = KsmFiles.writableNames();
    if (writable.contains(KsmFiles.ADVISOR_MODE)) {
      store(session, KsmFiles.ADVISOR_MODE, "none");
    }
    values.forEach((name, value) -> {
      if (writable.contains(name) && !name.equals(RUN)) {
        store(session, name, value);
      }
    });
  }

  private static void store(HostSession session, String name, String value) {
    session.write(KsmFiles.file(name), value);
  }
}
