// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.VmaFlag;
import org.samepage.mm.units.PageUnits;

/**
 * What of the processes is mergeable: everything, as by PR_SET_MEMORY_MERGE, or some of it, as by
 * MADV_MERGEABLE.
 */
public final class MergeScope {
  /** Everything. */
  public static final MergeScope ALL = new MergeScope(null, 0, Long.MAX_VALUE);

  /** What is mergeable already: after exec that is all but the stack. */
  public static final MergeScope FLAGGED = new MergeScope(null, 0, Long.MAX_VALUE);

  private static final Pattern RANGE = Pattern.compile("(?:0x)?([0-9a-f]+)-(?:0x)?([0-9a-f]+)");

  private final @Nullable String name;
  private final long from;
  private final long to;

  private MergeScope(@Nullable String name, long from, long to) {
    this.name = name;
    this.from = from;
    this.to = to;
  }

  /**
   * A part.
   *
   * @param text a range of addresses in hexadecimal, {@code 7f00-7fff}; or the name of processes,
   *     or of mappings
   */
  public static MergeScope of(String text) {
    Matcher range = RANGE.matcher(text);
    if (range.matches()) {
      return new MergeScope(
          null,
          PageUnits.pageAlignDown(Long.parseUnsignedLong(range.group(1), 16)),
          PageUnits.pageAlignUp(Long.parseUnsignedLong(range.group(2), 16)));
    }
    return new MergeScope(text, 0, Long.MAX_VALUE);
  }

  boolean isAll() {
    return this == ALL;
  }

  /** Where a mapping begins to be mergeable; its end where it does not. */
  long start(CapturedProcess process, CapturedVma vma) {
    return covers(process, vma) ? Math.clamp(from, vma.start(), vma.end()) : vma.end();
  }

  /** Where it ends to be so. */
  long end(CapturedVma vma) {
    return Math.clamp(to, vma.start(), vma.end());
  }

  private boolean covers(CapturedProcess process, CapturedVma vma) {
    if (this == FLAGGED) {
      return vma.flags().contains(VmaFlag.MERGEABLE);
    }
    return name == null
        || name.equals(process.name())
        || name.equals(vma.name())
        || vma.name().endsWith("/" + name);
  }
}
