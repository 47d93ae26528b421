// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.run.Selftest.testCase;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.PROT_NONE;

import java.util.List;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.TestRun;

/** map_fixed_noreplace: mmap that does not take what is mapped already. */
@PortedFrom(
    value = "tools/testing/selftests/mm/map_fixed_noreplace.c:main",
    fidelity = Fidelity.ADAPTED,
    differs = "each case maps pages 1 to 3 for itself; errors are looked at")
public final class MapFixedNoreplaceSuite implements Suite {
  @Override
  public String id() {
    return "MF";
  }

  @Override
  public String program() {
    return "map_fixed_noreplace";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase("MF-01", "mmap() 5*PAGE_SIZE at base", MapFixedNoreplaceSuite::free),
        testCase("MF-02", "mmap() 3*PAGE_SIZE at base+PAGE_SIZE", t -> map(t, t.place(), 1, 3)),
        testCase("MF-03", "Second mmap() 5*PAGE_SIZE at base", t -> refused(t, 0, 5)),
        testCase("MF-04", "mmap() 2*PAGE_SIZE at base+PAGE_SIZE", t -> refused(t, 2, 1)),
        testCase("MF-05", "mmap() 2*PAGE_SIZE  at base+(3*PAGE_SIZE)", t -> refused(t, 3, 2)),
        testCase("MF-06", "mmap() 2*PAGE_SIZE bytes at base", t -> refused(t, 0, 2)),
        testCase("MF-07", "mmap() PAGE_SIZE at base", t -> map(t, middle(t), 0, 1)),
        testCase("MF-08", "mmap() PAGE_SIZE at base+(4*PAGE_SIZE)", t -> map(t, middle(t), 4, 1)),
        testCase("MF-09", "Base Address unmap() successful", MapFixedNoreplaceSuite::unmap));
  }

  private static long tryMap(TestRun t, long base, int page, int pages) {
    long addr = base + page * PAGE_SIZE;
    return TestRun.mapAt(t.process(), addr, pages, PROT_NONE, MAP_FIXED_NOREPLACE);
  }

  private static void map(TestRun t, long base, int page, int pages) {
    t.same(base + page * PAGE_SIZE, tryMap(t, base, page, pages), "mmap");
  }

  /** A base with pages 1 to 3 behind it mapped. */
  private static long middle(TestRun t) {
    long base = t.place();
    map(t, base, 1, 3);
    return base;
  }

  private static void free(TestRun t) {
    long base = t.place();
    map(t, base, 0, 5);
    t.same(0, t.process().munmap(base, 5 * PAGE_SIZE), "munmap");
  }

  /** What overlaps is refused, and what was mapped stays. */
  private static void refused(TestRun t, int page, int pages) {
    long base = middle(t);
    t.fails(Errno.EEXIST, tryMap(t, base, page, pages), "mmap");
    t.oneVma(t.process(), base + PAGE_SIZE, 3);
  }

  private static void unmap(TestRun t) {
    long base = middle(t);
    map(t, base, 0, 1);
    map(t, base, 4, 1);
    t.same(0, t.process().munmap(base, 5 * PAGE_SIZE), "munmap");
    t.yes(t.process().vma(base) == null, "nothing is left");
  }
}
