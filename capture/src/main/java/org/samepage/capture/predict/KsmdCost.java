// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import org.samepage.mm.units.PageUnits;
import org.samepage.mm.work.WorkCounters;

/**
 * The CPU time that the kernel's ksmd would take for what the machine's ksmd has done. Prices are
 * those of a Linux 6.18 measured by {@code bench/kernel}; see {@code docs/adr/0001}. Another
 * processor has others: expect a factor, not a percentage.
 */
final class KsmdCost {
  /** A page looked at, its item found. */
  private static final double SCANNED = 150;

  /** A page's checksum, from memory that is not in the cache. */
  private static final double CHECKSUM = 870;

  /** A node of a tree: its page looked up and compared. */
  private static final double NODE = 155;

  /** A page merged: compared as a whole, write-protected, replaced. */
  private static final double MERGED = 1_160;

  private KsmdCost() {}

  /** What something did: work, pages scanned, pages merged. */
  static double nanos(WorkCounters work, long scanned, long merged) {
    return scanned * SCANNED
        + (double) work.bytesHashed / PageUnits.PAGE_SIZE * CHECKSUM
        + work.treeNodes * NODE
        + merged * MERGED;
  }
}
