// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import java.util.Locale;

/** Which mappings get huge pages. */
public enum ThpMode {
  ALWAYS,
  /** Those that MADV_HUGEPAGE was given for. */
  MADVISE,
  NEVER;

  /** As it is spelt in sysfs and configurations. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }
}
