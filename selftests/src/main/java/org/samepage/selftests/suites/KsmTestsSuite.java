// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.selftests.run.Selftest.testCase;

import java.util.List;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;

/**
 * ksm_tests: how many pages are merged. Upstream's program makes one test of each command line;
 * here each is a case. The first eight are those of run_vmtests.sh.
 */
@PortedFrom(
    value = "tools/testing/selftests/mm/ksm_tests.c:main",
    fidelity = Fidelity.ADAPTED,
    differs = "what -d prints is checked against what 6.18 printed; times are printed alone")
public final class KsmTestsSuite implements Suite {
  @Override
  public String id() {
    return "KT";
  }

  @Override
  public String program() {
    return "ksm_tests";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase(
            "KT-01", "KSM merge time with huge pages -H -s 100", t -> KsmTimes.hugePages(t, 100)),
        testCase("KT-02", "KSM merge time -P -s 100", t -> KsmTimes.merge(t, 100)),
        testCase("KT-03", "KSM merging -M -p 10", t -> KsmCounts.merge(t, 10)),
        testCase("KT-04", "KSM unmerging -U", KsmCounts::unmerge),
        testCase(
            "KT-05", "KSM zero page merging -Z -p 10 -z 0", t -> KsmCounts.zeroPages(t, 10, false)),
        testCase(
            "KT-06", "KSM zero page merging -Z -p 10 -z 1", t -> KsmCounts.zeroPages(t, 10, true)),
        testCase("KT-07", "KSM NUMA merging -N -m 1", t -> KsmCounts.numa(t, true)).onNodes(2),
        testCase("KT-08", "KSM NUMA merging -N -m 0", t -> KsmCounts.numa(t, false)).onNodes(2),
        testCase("KT-09", "KSM unmerge time -D -s 100", t -> KsmTimes.unmerge(t, 100)),
        testCase("KT-10", "KSM COW time -C", KsmTimes::copyOnWrite),
        testCase("KT-11", "KSM merging -M -t 1 -p 10 -d", t -> KsmCounts.mergeByPrctl(t, 10)),
        testCase("KT-12", "KSM merging -M -p 10 -d", KsmDetails::ten),
        testCase("KT-13", "KSM merging -M -p 257 -d", KsmDetails::oneMoreThanAPageCanShare),
        testCase("KT-14", "KSM merging -M -p 600 -d", KsmDetails::chain),
        testCase("KT-15", "KSM unmerging -U -d", KsmDetails::unmerged),
        testCase("KT-16", "KSM zero page merging -Z -p 10 -z 1 -d", KsmDetails::zeroPages));
  }
}
