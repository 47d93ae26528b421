// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.selftests.run.Selftest.testCase;
import static org.samepage.selftests.sys.Abi.MADV_POPULATE_READ;
import static org.samepage.selftests.sys.Abi.MADV_POPULATE_WRITE;
import static org.samepage.selftests.sys.Abi.PM_PRESENT;
import static org.samepage.selftests.sys.Abi.PM_SWAP;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import java.util.Arrays;
import java.util.List;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.TestRun;

/** madv_populate: MADV_POPULATE_READ and MADV_POPULATE_WRITE. */
@PortedFrom(
    value = "tools/testing/selftests/mm/madv_populate.c:main",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "no soft-dirty cases, which upstream leaves out without CONFIG_MEM_SOFT_DIRTY")
public final class MadvPopulateSuite implements Suite {
  private static final int PAGES = 512;
  private static final long SIZE = pagesToBytes(PAGES);

  @Override
  public String id() {
    return "MP";
  }

  @Override
  public String program() {
    return "madv_populate";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase("MP-01", "MADV_POPULATE_READ with PROT_READ", t -> mapped(t, PROT_READ, READ, 0)),
        testCase(
            "MP-02",
            "MADV_POPULATE_WRITE with PROT_READ",
            t -> mapped(t, PROT_READ, WRITE, Errno.EINVAL)),
        testCase(
            "MP-03",
            "MADV_POPULATE_READ with PROT_WRITE",
            t -> mapped(t, PROT_WRITE, READ, Errno.EINVAL)),
        testCase(
            "MP-04", "MADV_POPULATE_WRITE with PROT_WRITE", t -> mapped(t, PROT_WRITE, WRITE, 0)),
        testCase(
            "MP-05", "MADV_POPULATE_READ with holes in the middle", t -> hole(t, 0, PAGES, READ)),
        testCase(
            "MP-06", "MADV_POPULATE_WRITE with holes in the middle", t -> hole(t, 0, PAGES, WRITE)),
        testCase("MP-07", "MADV_POPULATE_READ with holes at the end", t -> hole(t, 0, 2, READ)),
        testCase("MP-08", "MADV_POPULATE_WRITE with holes at the end", t -> hole(t, 0, 2, WRITE)),
        testCase(
            "MP-09", "MADV_POPULATE_READ with holes at the beginning", t -> hole(t, 1, 1, READ)),
        testCase(
            "MP-10", "MADV_POPULATE_WRITE with holes at the beginning", t -> hole(t, 1, 1, WRITE)),
        testCase("MP-11", "read range initially not populated", t -> populated(t, NOTHING, 0)),
        testCase("MP-12", "MADV_POPULATE_READ", t -> mapped(t, PROT_READ | PROT_WRITE, READ, 0)),
        testCase("MP-13", "read range is populated", t -> populated(t, READ, PAGES)),
        testCase("MP-14", "write range initially not populated", t -> populated(t, NOTHING, 0)),
        testCase("MP-15", "MADV_POPULATE_WRITE", t -> mapped(t, PROT_READ | PROT_WRITE, WRITE, 0)),
        testCase("MP-16", "write range is populated", t -> populated(t, WRITE, PAGES)));
  }

  private static final int NOTHING = -1;
  private static final int READ = MADV_POPULATE_READ;
  private static final int WRITE = MADV_POPULATE_WRITE;

  private static void mapped(TestRun t, int prot, int advice, int errno) {
    long addr = t.map(PAGES, prot);
    t.fails(errno, t.process().madvise(addr, SIZE, advice), "madvise");
  }

  /** Advises about pages of a mapping whose second page is missing. */
  private static void hole(TestRun t, long first, long pages, int advice) {
    long addr = t.map(PAGES, PROT_READ | PROT_WRITE);
    t.same(0, t.process().munmap(addr + PAGE_SIZE, PAGE_SIZE), "munmap");
    t.fails(
        Errno.ENOMEM,
        t.process().madvise(addr + pagesToBytes(first), pagesToBytes(pages), advice),
        "madvise");
  }

  private static void populated(TestRun t, int advice, long expected) {
    long addr = t.map(PAGES, PROT_READ | PROT_WRITE);
    if (advice != NOTHING) {
      t.same(0, t.process().madvise(addr, SIZE, advice), "madvise");
    }
    long seen =
        Arrays.stream(t.process().pagemap(addr, PAGES))
            .filter(word -> (word & (PM_PRESENT | PM_SWAP)) != 0)
            .count();
    t.same(expected, seen, "populated pages");
  }
}
