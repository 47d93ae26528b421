// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What of the machine's settings a session changes, and what puts it back. */
public final class Knobs {
  private static final String ON_DEMAND = "madvise";
  private static final String RUN = "run";

  private Knobs() {}

  /** A file, and what is to be written to it. */
  public record Setting(Path file, String value) {}

  /**
   * What has to be written, in this order, to have the machine as it is now: everything unmerged
   * first, the advisor off while the rest is written, {@code run} last of KSM's; then those of huge
   * pages.
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
    String mode = HugePages.mode();
    if (mode != null && !mode.equals(ON_DEMAND)) {
      settings.add(new Setting(HugePages.ENABLED, mode));
    }
    if (HugePages.hasKhugepaged()) {
      settings.add(new Setting(HugePages.SCAN_SLEEP, ProcFiles.read(HugePages.SCAN_SLEEP)));
    }
    return settings;
  }

  /** Huge pages for those alone who ask for them, as scenarios expect; null where it is so. */
  public static @Nullable Setting hugePagesOnDemand() {
    String mode = HugePages.mode();
    return mode == null || mode.equals(ON_DEMAND)
        ? null
        : new Setting(HugePages.ENABLED, ON_DEMAND);
  }
}
