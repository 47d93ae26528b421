// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.LinkedHashMap;
import java.util.Map;
import org.samepage.machine.Machine;

/** What /sys/kernel/mm/ksm shows, as far as a prediction is about it. */
public final class Figures {
  /** Names of files. */
  public static final String SHARED = "pages_shared";

  public static final String SHARING = "pages_sharing";
  public static final String UNSHARED = "pages_unshared";
  public static final String VOLATILE = "pages_volatile";
  public static final String ZERO_PAGES = "ksm_zero_pages";
  public static final String PROFIT = "general_profit";
  private static final String[] NAMES = {
    SHARED,
    SHARING,
    UNSHARED,
    VOLATILE,
    ZERO_PAGES,
    "pages_skipped",
    "pages_scanned",
    "full_scans",
    "stable_node_chains",
    "stable_node_dups",
    PROFIT
  };

  private Figures() {}

  /** All of them, by name. */
  static Map<String, Long> of(Machine machine) {
    Map<String, Long> figures = new LinkedHashMap<>();
    for (String name : NAMES) {
      figures.put(name, machine.ksm().sysfs().number(name));
    }
    return figures;
  }

  /** Their names. */
  public static String[] names() {
    return NAMES.clone();
  }
}
