// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.selftests.run.Selftest.testCase;

import java.util.ArrayList;
import java.util.List;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;

/** mremap_test: regions moved between places of every alignment, and several VMAs in one call. */
@PortedFrom(
    value = "tools/testing/selftests/mm/mremap_test.c:main",
    fidelity = Fidelity.ADAPTED,
    differs = "each case has a process of its own; the pattern's seed is fixed")
public final class MremapSuite implements Suite {
  private static final long KB = 1 << 10;
  private static final long MB = 1 << 20;
  private static final long GB = 1 << 30;
  private static final long PTE = PageUnits.PAGE_SIZE;
  private static final long PMD = PageUnits.PMD_SIZE;
  private static final long PUD = PageUnits.PUD_SIZE;

  @Override
  public String id() {
    return "MR";
  }

  @Override
  public String program() {
    return "mremap_test";
  }

  @Override
  public List<Selftest> cases() {
    List<Selftest> cases = new ArrayList<>();
    cases.add(
        testCase(
            "MR-01",
            "mremap - Source and Destination Regions Overlapping",
            t -> new RegionMove(PTE, PTE, PTE, 0, true).mustFail(t)));
    cases.add(
        testCase(
            "MR-02",
            "mremap - Destination Address Misaligned (1KB-aligned)",
            t -> new RegionMove(PTE, KB, PTE, 0, false).mustFail(t)));
    cases.add(
        testCase(
            "MR-03",
            "mremap - Source Address Misaligned (1KB-aligned)",
            t -> new RegionMove(KB, PTE, PTE, 0, false).mustFail(t)));
    cases.add(move("MR-04", "8KB", "PTE", PTE, "PTE", PTE, 2 * PTE));
    cases.add(move("MR-05", "2MB", "1MB", MB, "PTE", PTE, 2 * MB));
    cases.add(move("MR-06", "2MB", "1MB", MB, "1MB", MB, 2 * MB));
    cases.add(move("MR-07", "4MB", "PMD", PMD, "PTE", PTE, 4 * MB));
    cases.add(move("MR-08", "4MB", "PMD", PMD, "1MB", MB, 4 * MB));
    cases.add(move("MR-09", "4MB", "PMD", PMD, "PMD", PMD, 4 * MB));
    cases.add(move("MR-10", "2GB", "PUD", PUD, "PTE", PTE, 2 * GB));
    cases.add(move("MR-11", "2GB", "PUD", PUD, "1MB", MB, 2 * GB));
    cases.add(move("MR-12", "2GB", "PUD", PUD, "PMD", PMD, 2 * GB));
    cases.add(move("MR-13", "2GB", "PUD", PUD, "PUD", PUD, 2 * GB));
    cases.add(move("MR-14", "5MB", "1MB", MB, "1MB", MB, 5 * MB));
    cases.add(
        testCase(
            "MR-15",
            "5MB mremap - Source 1MB-aligned, Dest 1MB-aligned with 40MB Preamble",
            t -> new RegionMove(MB, MB, 5 * MB, 40 * MB, false).run(t)));
    cases.add(testCase("MR-16", "mremap expand merge", MremapCases::expandMerge));
    cases.add(testCase("MR-17", "mremap expand merge offset", MremapCases::expandMergeOffset));
    cases.add(testCase("MR-18", "mremap mremap move within range", MremapCases::moveWithinRange));
    cases.add(
        testCase(
            "MR-19",
            "mremap move 1mb from start at 1MB+256KB aligned src",
            MremapCases::move1mbFromStart));
    cases.add(
        testCase(
            "MR-20", "mremap shrink multiple vmas [inplace]", t -> MremapMany.shrink(t, true)));
    cases.add(testCase("MR-21", "mremap shrink multiple vmas", t -> MremapMany.shrink(t, false)));
    cases.add(testCase("MR-22", "mremap move multiple vmas", t -> MremapMany.move(t, false)));
    cases.add(
        testCase("MR-23", "mremap move multiple vmas [dontunnmap]", t -> MremapMany.move(t, true)));
    cases.add(
        testCase("MR-24", "mremap move multiple vmas split", t -> MremapMany.moveSplit(t, false)));
    cases.add(
        testCase(
            "MR-25",
            "mremap move multiple vmas split [dontunnmap]",
            t -> MremapMany.moveSplit(t, true)));
    cases.add(
        testCase("MR-26", "mremap move multiple invalid vmas", MremapInvalid::moveMultipleInvalid));
    return cases;
  }

  private static Selftest move(
      String id, String size, String from, long src, String to, long dest, long bytes) {
    return testCase(
        id,
        "%s mremap - Source %s-aligned, Destination %s-aligned".formatted(size, from, to),
        t -> new RegionMove(src, dest, bytes, 0, false).run(t));
  }
}
