// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.selftests.run.Selftest.testCase;

import java.util.List;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;

/** rmap: a page that is migrated is found in every process that maps it. */
@PortedFrom(
    value = "tools/testing/selftests/mm/rmap.c:main",
    fidelity = Fidelity.ADAPTED,
    differs = "processes take turns instead of waiting for each other; a failed migration fails")
public final class RmapSuite implements Suite {
  @Override
  public String id() {
    return "RM";
  }

  @Override
  public String program() {
    return "rmap";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase("RM-01", "migrate.anon", RmapCases::anon).onNodes(2),
        testCase("RM-02", "migrate.shm", RmapCases::shm).onNodes(2),
        testCase("RM-03", "migrate.file", RmapCases::file).onNodes(2),
        testCase("RM-04", "migrate.ksm", RmapCases::ksm).onNodes(2),
        testCase("RM-05", "migrate.ksm_and_mremap", RmapCases::ksmAndMremap).onNodes(2));
  }
}
