// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.KsmCounts.filled;
import static org.samepage.selftests.suites.KsmCounts.mergePages;
import static org.samepage.selftests.suites.KsmCounts.setUp;

import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;

/**
 * What ksm_tests prints with -d, against what a real 6.18 printed. Profits are as with the 64 bytes
 * that it has for each page it scans; a kernel that takes more has that much less.
 */
final class KsmDetails {
  private static final long ITEM_BYTES_OF_618 = 64;

  private KsmDetails() {}

  static void ten(TestRun t) throws SyscallException {
    KsmCounts.merge(t, 10);
    figures(t, "pages_shared", 1, "pages_sharing", 9, "pages_unshared", 0, "pages_volatile", 0);
    figures(t, "stable_node_chains", 0, "stable_node_dups", 0);
    stat(t, "ksm_rmap_items", 10, "ksm_zero_pages", 0, "ksm_merging_pages", 10);
    profits(t, 36_224, 40_320, 10);
    words(t);
  }

  static void oneMoreThanAPageCanShare(TestRun t) throws SyscallException {
    KsmCounts.merge(t, 257);
    figures(t, "pages_shared", 1, "pages_sharing", 255);
    unsharedOrVolatile(t, 1);
    figures(t, "stable_node_chains", 0, "stable_node_dups", 0);
    stat(t, "ksm_rmap_items", 257, "ksm_zero_pages", 0, "ksm_merging_pages", 256);
    profits(t, 1_028_032, 1_032_128, 257);
    words(t);
  }

  static void chain(TestRun t) throws SyscallException {
    KsmCounts.merge(t, 600);
    figures(t, "pages_shared", 3, "pages_sharing", 597, "pages_unshared", 0, "pages_volatile", 0);
    figures(t, "stable_node_chains", 1, "stable_node_dups", 3);
    stat(t, "ksm_rmap_items", 600, "ksm_zero_pages", 0, "ksm_merging_pages", 600);
    profits(t, 2_406_912, 2_419_200, 600);
    words(t);
  }

  static void unmerged(TestRun t) throws SyscallException {
    KsmCounts.unmerge(t);
    figures(t, "pages_shared", 0, "pages_sharing", 0);
    unsharedOrVolatile(t, 2);
    stat(t, "ksm_rmap_items", 2, "ksm_zero_pages", 0, "ksm_merging_pages", 0);
    profits(t, -128, -128, 2);
    words(t);
  }

  static void zeroPages(TestRun t) throws SyscallException {
    setUp(t, 10);
    Ksm.set(t, "use_zero_pages", 1);
    mergePages(t, filled(t, 10, 0), 10 * PAGE_SIZE);
    t.kernel().awaitFullScans(1); // forgets what has become the zero page
    figures(t, "pages_shared", 0, "pages_sharing", 0, "pages_unshared", 0, "pages_volatile", 0);
    stat(t, "ksm_rmap_items", 0, "ksm_zero_pages", 10, "ksm_merging_pages", 0);
    profits(t, 40_960, 40_960, 0);
    words(t);
  }

  /** A real ksmd goes on, so which of the two a page is in is a matter of time. */
  private static void unsharedOrVolatile(TestRun t, long pages) {
    t.same(
        pages,
        Ksm.number(t, "pages_volatile") + Ksm.number(t, "pages_unshared"),
        "pages_volatile and pages_unshared");
  }

  /** Names of files of KSM, each with its number. */
  private static void figures(TestRun t, Object... namesAndNumbers) {
    for (int i = 0; i < namesAndNumbers.length; i += 2) {
      String name = (String) namesAndNumbers[i];
      t.same((int) namesAndNumbers[i + 1], Ksm.number(t, name), name);
    }
  }

  /** Names in ksm_stat, each with its number. */
  private static void stat(TestRun t, Object... namesAndNumbers) {
    for (int i = 0; i < namesAndNumbers.length; i += 2) {
      String name = (String) namesAndNumbers[i];
      t.same((int) namesAndNumbers[i + 1], Ksm.stat(t, t.process(), name), name);
    }
  }

  private static void profits(TestRun t, long general, long process, long items) {
    long more = items * (t.kernel().rmapItemBytes() - ITEM_BYTES_OF_618);
    // a kernel that has run for long may count zero pages of processes that are gone
    long left = Ksm.number(t, "ksm_zero_pages") - Ksm.stat(t, t.process(), "ksm_zero_pages");
    t.same(general - more + left * PAGE_SIZE, Ksm.number(t, "general_profit"), "general_profit");
    t.same(process - more, Ksm.stat(t, t.process(), "ksm_process_profit"), "ksm_process_profit");
  }

  private static void words(TestRun t) {
    t.yes(Ksm.statText(t, t.process(), "ksm_merge_any").equals("no"), "ksm_merge_any is no");
    t.yes(Ksm.statText(t, t.process(), "ksm_mergeable").equals("yes"), "ksm_mergeable is yes");
  }
}
