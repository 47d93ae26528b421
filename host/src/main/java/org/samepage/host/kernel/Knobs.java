// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What of the machine's settings a session changes, and what puts it back. */
public final class Knobs {
  private static final Path THP = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
  private static final String RUN = "run";

  private Knobs() {}

  /** A file, and what is to be written to it. */
  public record Setting(Path file, String value) {}

  /**
   * What has to be written, in this order, to have the machine as it is now: everything unmerged
   * first, the advisor off while the rest is written, {@code run} last.
   */
  public static List<Setting> asTheyAre() {
    List<Setting> settings = new ArrayList<>();
    Set<String> writable = KsmFiles.writableNames();
    settings.add(new Setting(KsmFiles.file(RUN), "2"));
    boolean advisor = writable.remove(KsmFiles.ADVISOR_MODE);
    writable.remove(RUN);
    if (advisor) {
      settings.add(new Setting(KsmFiles.file(KsmFiles.ADVISOR_MODE), "none"));
    }
    writable.forEach(name -> settings.add(new Setting(KsmFiles.file(name), KsmFiles.value(name))));
    if (advisor) {
      settings.add(new Setting(KsmFiles.file(KsmFiles.ADVISOR_MODE), KsmFiles.advisorMode()));
    }
    settings.add(new Setting(KsmFiles.file(RUN), KsmFiles.value(RUN)));
    if (hugePagesEverywhere()) {
      settings.add(new Setting(THP, "always"));
    }
    return settings;
  }

  /** Whether mappings get huge pages without asking for them, which no scenario expects. */
  public static boolean hugePagesEverywhere() {
    String modes = ProcFiles.readIfThere(THP);
    return modes != null && modes.contains("[always]");
  }

  /** Huge pages for those alone who ask for them. */
  public static Setting hugePagesOnDemand() {
    return new Setting(THP, "madvise");
  }
}
