// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The machine's settings of transparent huge pages, and what disturbs who looks at such pages. */
public final class HugePages {
  /** Takes a 1, upon which memory is compacted; holds nothing. */
  public static final Path COMPACT = Path.of("/proc/sys/vm/compact_memory");

  /** How long khugepaged sleeps between two scans [ms]; a write wakes it. */
  public static final Path SCAN_SLEEP =
      Path.of("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs");

  /** A time that is never over. */
  public static final String FOREVER = "4294967295";

  /** Which mappings are to have huge pages. */
  static final Path ENABLED = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

  private HugePages() {}

  /** The chosen one of the words in {@code enabled}; null where the kernel has no huge pages. */
  static @Nullable String mode() {
    String modes = ProcFiles.readIfThere(ENABLED);
    return modes == null ? null : modes.substring(modes.indexOf('[') + 1, modes.indexOf(']'));
  }

  /** Whether there is a khugepaged that collapses pages by itself. */
  public static boolean hasKhugepaged() {
    return Files.exists(SCAN_SLEEP);
  }

  /** Whether memory can be compacted on demand. */
  public static boolean canCompact() {
    return Files.exists(COMPACT);
  }
}
