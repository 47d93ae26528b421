// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.MremapCases.RW;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;

import org.samepage.mm.errno.Errno;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;
import org.samepage.selftests.sys.Uffd;

/** mremap over several VMAs of which some may move only alone: those a userfaultfd watches. */
final class MremapInvalid {
  private static final int PAGES = 10;
  private static final long SIZE = PAGES * PAGE_SIZE;
  private static final int FLAGS = MREMAP_MAYMOVE | MREMAP_FIXED;

  private MremapInvalid() {}

  static void moveMultipleInvalid(TestRun t) {
    TestProcess p = t.process();
    Uffd uffd = p.userfaultfd();
    t.same(0, uffd.api(0), "UFFDIO_API");
    long from = t.map(PAGES, RW);
    long to = t.place();
    for (int page = 0; page < PAGES; page += 2) {
      long addr = from + page * PAGE_SIZE;
      t.same(0, uffd.register(addr, PAGE_SIZE, Uffd.REGISTER_MODE_MISSING), "UFFDIO_REGISTER");
      t.same(0, p.munmap(addr + PAGE_SIZE, PAGE_SIZE), "munmap");
    }

    t.fails(Errno.EFAULT, p.mremap(from, SIZE, SIZE, FLAGS, to), "moving all");
    moved(t, to, 0);

    t.same(to, p.mremap(from, PAGE_SIZE, PAGE_SIZE, FLAGS, to), "moving one");
    t.same(0, p.munmap(to, PAGE_SIZE), "munmap");

    plain(t, from, 0);
    t.fails(Errno.EFAULT, p.mremap(from, SIZE, SIZE, FLAGS, to), "moving a plain one first");
    moved(t, to, 1);

    t.same(0, p.munmap(to, PAGE_SIZE), "munmap");
    t.same(0, p.munmap(from, SIZE - 2 * PAGE_SIZE), "munmap");
    for (int page = 0; page < 8; page += 2) {
      plain(t, from, page);
    }
    t.fails(Errno.EFAULT, p.mremap(from, SIZE, SIZE, FLAGS, to), "moving four plain ones first");
    moved(t, to, 4);
    uffd.close();
  }

  private static void plain(TestRun t, long from, int page) {
    long addr = from + page * PAGE_SIZE;
    t.same(addr, TestRun.mapAt(t.process(), addr, 1, RW, MAP_FIXED), "mmap of page " + page);
  }

  /** The first so many VMAs have arrived, and no other. */
  private static void moved(TestRun t, long to, int vmas) {
    for (int i = 0; i < PAGES / 2; i++) {
      boolean there = t.process().vma(to + 2L * i * PAGE_SIZE) != null;
      t.yes(there == (i < vmas), "VMA %d has %smoved".formatted(i, i < vmas ? "" : "not "));
    }
  }
}
