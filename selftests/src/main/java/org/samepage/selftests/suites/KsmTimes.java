// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.selftests.suites.KsmCounts.RW;
import static org.samepage.selftests.suites.KsmCounts.filled;
import static org.samepage.selftests.suites.KsmCounts.mergePages;
import static org.samepage.selftests.suites.KsmCounts.setUp;
import static org.samepage.selftests.sys.Abi.MADV_HUGEPAGE;
import static org.samepage.selftests.sys.Abi.MADV_UNMERGEABLE;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MAP_NORESERVE;
import static org.samepage.selftests.sys.Abi.PM_PFN;
import static org.samepage.selftests.sys.Abi.PM_PRESENT;

import java.util.Locale;
import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;

/** The cases of ksm_tests that upstream times: they hold where the calls succeed. */
final class KsmTimes {
  private static final long MIB = 1 << 20;
  private static final String THP = "/sys/kernel/mm/transparent_hugepage/enabled";

  private KsmTimes() {}

  static void merge(TestRun t, long mib) throws SyscallException {
    setUp(t, 10);
    long map = filled(t, bytesToPages(mib * MIB), '*');
    long start = t.nanos();
    mergePages(t, map, mib * MIB);
    report(t, "Total size:    %d MiB".formatted(mib), mib, start);
  }

  static void hugePages(TestRun t, long mib) throws SyscallException {
    String modes = t.kernel().read(THP);
    if (modes == null || modes.contains("[never]")) {
      throw t.skip("Transparent Hugepages not available");
    }
    setUp(t, 10);
    long length = mib * MIB / PMD_SIZE * PMD_SIZE;
    long map = t.place();
    t.same(map, TestRun.mapAt(t.process(), map, bytesToPages(length), RW, MAP_NORESERVE), "mmap");
    t.same(0, t.process().madvise(map, length, MADV_HUGEPAGE), "MADV_HUGEPAGE");
    int huge = 0;
    for (long at = 0; at < length; at += PMD_SIZE) {
      huge += allocateHuge(t, map + at) ? 1 : 0;
    }
    t.say("Number of normal pages:    " + (length / PMD_SIZE - huge));
    t.say("Number of huge pages:    " + huge);
    t.process().fill(map, length, '*');
    long start = t.nanos();
    mergePages(t, map, length);
    report(t, "Total size:    %d MiB".formatted(mib), mib, start);
  }

  /** Maps a huge page's range anew, and writes to it; whether its frames are in a row then. */
  private static boolean allocateHuge(TestRun t, long addr) throws SyscallException {
    int pages = (int) bytesToPages(PMD_SIZE);
    t.same(
        addr,
        TestRun.mapAt(t.process(), addr, pages, RW, MAP_FIXED | MAP_NORESERVE),
        "mmap of a huge page");
    t.same(0, t.process().madvise(addr, PMD_SIZE, MADV_HUGEPAGE), "MADV_HUGEPAGE");
    t.process().fill(addr, Long.BYTES, 1);
    long[] words = t.process().pagemap(addr, 2);
    long pfn = words[0] & PM_PFN;
    return (words[0] & words[1] & PM_PRESENT) != 0
        && (words[1] & PM_PFN) == pfn + 1
        && pfn % pages == 0;
  }

  static void unmerge(TestRun t, long mib) throws SyscallException {
    setUp(t, 10);
    long map = filled(t, bytesToPages(mib * MIB), '*');
    mergePages(t, map, mib * MIB);
    long start = t.nanos();
    t.same(0, t.process().madvise(map, mib * MIB, MADV_UNMERGEABLE), "MADV_UNMERGEABLE");
    report(t, "Total size:    %d MiB".formatted(mib), mib, start);
    t.no(Ksm.mapsDuplicates(t.process(), map, mib * MIB), "a frame is mapped twice");
  }

  /** Page 2k and 2k+1 hold k+1 bytes of another kind, so each pair merges, and no two pairs. */
  static void copyOnWrite(TestRun t) throws SyscallException {
    int pages = 4000;
    setUp(t, 10);
    long map = filled(t, pages, '*');
    long half = pages / 2 * PAGE_SIZE / MIB;
    t.say("Total size:    " + pages * PAGE_SIZE / MIB + " MiB");
    long start = t.nanos();
    writeEveryOther(t, map, pages);
    report(t, "Not merged pages:", half, start);
    for (int i = 0; i < pages; i++) {
      t.process().fill(map + i * PAGE_SIZE, i / 2 + 1, '+');
    }
    mergePages(t, map, pages * PAGE_SIZE);
    t.same(pages / 2, Ksm.number(t, "pages_shared"), "pages_shared");
    start = t.nanos();
    writeEveryOther(t, map, pages);
    report(t, "Merged pages:", half, start);
  }

  private static void writeEveryOther(TestRun t, long map, int pages) throws SyscallException {
    for (int i = 0; i < pages - 1; i += 2) {
      t.process().fill(map + i * PAGE_SIZE, 1, '-');
    }
  }

  private static void report(TestRun t, String head, long mib, long start) {
    long nanos = t.nanos() - start;
    t.say(head);
    if (nanos > 0) {
      t.say(String.format(Locale.ROOT, "Total time:    %.9f s", nanos / 1e9));
      t.say(String.format(Locale.ROOT, "Average speed:  %.3f MiB/s", mib / (nanos / 1e9)));
    }
  }
}
