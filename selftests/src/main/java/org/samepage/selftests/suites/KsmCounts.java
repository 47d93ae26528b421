// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.MADV_MERGEABLE;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;
import static org.samepage.selftests.sys.Abi.PR_SET_MEMORY_MERGE;

import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;

/** The cases of ksm_tests that count merged pages. */
final class KsmCounts {
  static final int RW = PROT_READ | PROT_WRITE;

  private KsmCounts() {}

  /** What every run of ksm_tests starts with: everything unmerged, ksmd without sleep. */
  static void setUp(TestRun t, long pagesToScan) {
    Ksm.stop(t);
    Ksm.set(t, "sleep_millisecs", 0);
    Ksm.set(t, "merge_across_nodes", 1);
    Ksm.set(t, "pages_to_scan", pagesToScan);
  }

  /** Maps pages full of one byte. */
  static long filled(TestRun t, long pages, int value) throws SyscallException {
    long map = t.map(pages, RW);
    t.process().fill(map, pages * PAGE_SIZE, value);
    return map;
  }

  /** Asks for merging, and waits for two passes. */
  static void mergePages(TestRun t, long map, long length) {
    t.same(0, t.process().madvise(map, length, MADV_MERGEABLE), "MADV_MERGEABLE");
    Ksm.start(t);
  }

  /**
   * Demands that so many equal pages are merged as well as can be: as a page may have no more than
   * max_page_sharing mappings, they need several, and one may be left over.
   */
  static void demandMerged(TestRun t, long pages) {
    long most = Ksm.number(t, "max_page_sharing");
    long rest = pages % most;
    boolean even = rest == 0 || rest == 1;
    long shared = pages / most + (even ? 0 : 1);
    t.same(shared, Ksm.number(t, "pages_shared"), "pages_shared");
    t.same(
        even ? shared * (most - 1) : pages - shared,
        Ksm.number(t, "pages_sharing"),
        "pages_sharing");
  }

  static void merge(TestRun t, long pages) throws SyscallException {
    setUp(t, pages);
    mergePages(t, filled(t, pages, '*'), pages * PAGE_SIZE);
    demandMerged(t, pages);
  }

  static void mergeByPrctl(TestRun t, long pages) throws SyscallException {
    setUp(t, pages);
    filled(t, pages, '*');
    t.same(0, t.process().prctl(PR_SET_MEMORY_MERGE, 1), "prctl");
    Ksm.start(t);
    demandMerged(t, pages);
    t.yes(Ksm.statText(t, t.process(), "ksm_merge_any").equals("yes"), "ksm_merge_any is yes");
    t.yes(Ksm.statText(t, t.process(), "ksm_mergeable").equals("yes"), "ksm_mergeable is yes");
  }

  static void unmerge(TestRun t) throws SyscallException {
    setUp(t, 10);
    long map = filled(t, 2, '*');
    mergePages(t, map, 2 * PAGE_SIZE);
    t.same(1, Ksm.number(t, "pages_shared"), "pages_shared before");
    t.process().fill(map, 1, '-');
    t.process().fill(map + PAGE_SIZE, 1, '+');
    t.kernel().awaitFullScans(1);
    demandMerged(t, 0);
  }

  static void zeroPages(TestRun t, long pages, boolean useZeroPages) throws SyscallException {
    setUp(t, pages);
    Ksm.set(t, "use_zero_pages", useZeroPages ? 1 : 0);
    mergePages(t, filled(t, pages, 0), pages * PAGE_SIZE);
    demandMerged(t, useZeroPages ? 0 : pages);
  }

  /** Two equal pages on two nodes. */
  static void numa(TestRun t, boolean mergeAcrossNodes) throws SyscallException {
    setUp(t, 10);
    if (t.kernel().nodes() < 2) {
      throw t.skip("At least 2 NUMA nodes with memory must be available");
    }
    Ksm.set(t, "merge_across_nodes", mergeAcrossNodes ? 1 : 0);
    long first = onNode(t, 0);
    long second = onNode(t, 1);
    mergePages(t, first, PAGE_SIZE);
    mergePages(t, second, PAGE_SIZE);
    demandMerged(t, mergeAcrossNodes ? 2 : 0);
  }

  private static long onNode(TestRun t, int node) throws SyscallException {
    long map = t.map(1, RW);
    t.same(0, t.process().mbind(map, PAGE_SIZE, node), "mbind");
    t.process().fill(map, PAGE_SIZE, '*');
    return map;
  }
}
