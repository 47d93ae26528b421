// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.Locale;

/** Figures of a process that an expectation may name. */
public enum ProcessFigure {
  RMAP_ITEMS,
  ZERO_PAGES,
  MERGING_PAGES,
  PROCESS_PROFIT,
  VMAS,
  PRESENT,
  FRAMES;

  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
