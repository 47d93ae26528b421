// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.PM_PFN;
import static org.samepage.selftests.sys.Abi.PM_PRESENT;

import java.util.HashSet;
import java.util.Set;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/** What cases do with KSM's files. */
final class Ksm {
  static final String FOLDER = "/sys/kernel/mm/ksm/";

  private Ksm() {}

  /** The number in a file of KSM. */
  static long number(TestRun t, String name) {
    String text = t.kernel().read(FOLDER + name);
    if (text == null) {
      throw t.skip("accessing \"" + FOLDER + name + "\" failed");
    }
    return Long.parseLong(text.strip());
  }

  static void set(TestRun t, String name, long value) {
    t.same(0, t.kernel().write(FOLDER + name, Long.toString(value)), "writing " + name);
  }

  /** Unmerges everything. */
  static void stop(TestRun t) {
    set(t, "run", 2);
  }

  /** Lets ksmd run for two passes: in the first it remembers checksums, in the second it merges. */
  static void start(TestRun t) {
    set(t, "run", 1);
    t.kernel().awaitFullScans(2);
  }

  /** {@code /proc/self/ksm_merging_pages}. */
  static long mergingPages(TestRun t, TestProcess p) {
    return Long.parseLong(procFile(t, p, "ksm_merging_pages").strip());
  }

  /** A figure of {@code /proc/self/ksm_stat}. */
  static long stat(TestRun t, TestProcess p, String name) {
    return Long.parseLong(statText(t, p, name));
  }

  /** A word of {@code /proc/self/ksm_stat}, by {@code name} or {@code name:}. */
  static String statText(TestRun t, TestProcess p, String name) {
    return procFile(t, p, "ksm_stat")
        .lines()
        .map(line -> line.split(":?\\s+"))
        .filter(words -> words.length == 2 && words[0].equals(name))
        .map(words -> words[1])
        .findFirst()
        .orElseThrow(() -> t.fail("ksm_stat has no " + name));
  }

  private static String procFile(TestRun t, TestProcess p, String name) {
    String text = p.procFile(name);
    if (text == null) {
      throw t.skip("accessing \"/proc/self/" + name + "\" failed");
    }
    return text;
  }

  /** Whether two present pages of a range are the same frame. */
  static boolean mapsDuplicates(TestProcess p, long addr, long length) {
    Set<Long> seen = new HashSet<>();
    for (long word : p.pagemap(addr, (int) (length / PAGE_SIZE))) {
      long pfn = word & PM_PFN;
      if ((word & PM_PRESENT) != 0 && pfn != 0 && !seen.add(pfn)) {
        return true;
      }
    }
    return false;
  }

  /** The frame of a page. */
  static long pfn(TestRun t, TestProcess p, long addr) {
    long word = p.pagemap(addr, 1)[0];
    t.yes((word & PM_PRESENT) != 0, "the page is present");
    return word & PM_PFN;
  }
}
